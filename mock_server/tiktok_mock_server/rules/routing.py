"""What is said before any operation is reached."""

from __future__ import annotations

from ..rule import rule

JANUS = rule(
    "path.janus",
    "An unknown path, a missing slash at the end and a wrong method all give HTTP 404 `Unsupported "
    "path(Janus)`.",
    "observed",
    "integration notes in public repositories; a C# Display client",
)
SLASHLESS_AUTHORIZE = rule(
    "path.authorize-without-slash",
    "The authorization page works without the slash at its end.",
    "observed",
    "pilcrowonpaper/arctic; yikart/AiToEarn",
)
FORM_ONLY = rule(
    "oauth.form-only",
    "OAuth endpoints take application/x-www-form-urlencoded and nothing else.",
    "documented",
    "doc:oauth-user-access-token-management",
)
JSON_BODY = rule(
    "body.json",
    "The body is a JSON object.",
    "documented",
    "doc:tiktok-api-v2-introduction",
)
BODY_SIZE = rule(
    "body.size",
    "A form or JSON body over 4 MiB is not read.",
    "recommended",
    "",
)
EDGE = rule(
    "edge.html",
    "The edge in front of TikTok can answer with HTTP 503 and HTML.",
    "observed",
    "logs in public repositories; postiz-app PR 1784",
    switch="html_5xx_every",
)
FAULT = rule(
    "mock.fault",
    "Something in the mock itself went wrong; this is no rule of TikTok's.",
    "recommended",
    "",
)
