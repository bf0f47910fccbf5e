import { browse, KEY, SECRET, report } from "./reroute.mjs";
import { TikTok, generateCodeVerifier, generateState } from "arctic";

const tiktok = new TikTok(KEY, SECRET, "https://app.example.test/callback/");
const state = generateState();
const verifier = generateCodeVerifier();
const back = await browse(tiktok.createAuthorizationURL(state, verifier, ["user.info.basic", "video.publish"]));
const tokens = await tiktok.validateAuthorizationCode(back.searchParams.get("code"), verifier);
const fresh = await tiktok.refreshAccessToken(tokens.refreshToken());
const again = await tiktok.refreshAccessToken(tokens.refreshToken()).then(
  (found) => (found.data.access_token ? "accepted" : `no token: ${found.data.error}`),
  (problem) => `${problem.constructor.name}: ${problem.code ?? problem.message}`,
);
await tiktok.revokeToken(fresh.accessToken());
report({
  login: back.searchParams.get("state") === state && tokens.accessToken().startsWith("act."),
  refreshed: fresh.accessToken() !== tokens.accessToken() && fresh.refreshToken() !== tokens.refreshToken(),
  revoked: true,
  "old refresh token": again,
});
