"""Authlib with the hooks that its documentation gives for services that are not quite OAuth."""

from authlib.common.errors import AuthlibBaseError
from authlib.common.urls import add_params_to_qs
from authlib.integrations.requests_client import OAuth2Session
from rerouted import KEY, SECRET, browse, query, report

PAGE = "https://www.tiktok.com/v2/auth/authorize/"
TOKEN = "https://open.tiktokapis.com/v2/oauth/token/"
HERE = "https://app.example.test/callback/"


def client_key_in_form(client, method, uri, headers, body):
    return uri, headers, add_params_to_qs(body, [("client_key", KEY), ("client_secret", SECRET)])


session = OAuth2Session(
    KEY,
    SECRET,
    scope="user.info.basic,user.info.profile",
    redirect_uri=HERE,
    token_endpoint_auth_method="tiktok",
)
session.register_client_auth_method(("tiktok", client_key_in_form))
address, state = session.create_authorization_url(PAGE, client_key=KEY)
back = browse(address)
token = dict(session.fetch_token(TOKEN, authorization_response=back))
user = session.get("https://open.tiktokapis.com/v2/user/info/", params={"fields": "open_id,username"}).json()
fresh = session.refresh_token(TOKEN, refresh_token=token["refresh_token"])
try:
    session.refresh_token(TOKEN, refresh_token=token["refresh_token"])
    again = "accepted"
except AuthlibBaseError as problem:
    again = f"{type(problem).__name__}: {problem}"
report(
    login=query(back)["state"] == state and user["data"]["user"]["open_id"] == token["open_id"],
    username=user["data"]["user"]["username"],
    refreshed=fresh["refresh_token"] != token["refresh_token"],
    **{"old refresh token": again},
)
