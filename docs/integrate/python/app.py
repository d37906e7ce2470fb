"""A site that signs people in with Fuxin by Authlib. Tokens are kept in memory here: use your own store."""

import os
import uuid
from urllib.parse import urlsplit

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, redirect, request, session
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from markupsafe import escape
from requests import HTTPError

ISSUER = os.environ["ISSUER"]
CLIENT_ID = os.environ["CLIENT_ID"]
SITE = os.environ.get("SITE", "http://localhost:5000")
# Authlib takes the issuer from discovery and lets another audience pass: say what an ID token must have.
EXPECTED = {"iss": {"essential": True, "values": [ISSUER]}, "aud": {"essential": True, "values": [CLIENT_ID]}}

app = Flask(__name__)
app.secret_key = os.environ["SESSION_SECRET"]
app.config.update(SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=SITE.startswith("https"))

oauth = OAuth(app)
oauth.register(
    "fuxin",
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_id=CLIENT_ID,
    client_secret=os.environ["CLIENT_SECRET"],
    client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
)
# Tokens do not fit into Flask's cookie, which people can read besides.
tokens = {}


def provider():
    issuer = oauth.fuxin.load_server_metadata()["issuer"]
    if issuer != ISSUER:
        raise ValueError(f"the discovery document is that of {issuer}")
    return oauth.fuxin


@app.get("/")
def home():
    return '<h1>Portal</h1><a id="sign-in" href="/profile">Sign in</a>'


@app.get("/profile")
def profile():
    token = tokens.get(session.get("id"))
    if token is None:
        return provider().authorize_redirect(f"{SITE}/callback")
    try:
        claims = provider().userinfo(token=token)
    except HTTPError:  # the sign-in has ended
        tokens.pop(session["id"], None)
        return redirect("/")
    links = '<a href="/refresh">Refresh</a> <a href="/sign-out">Sign out</a>'
    return f'<h1>Profile</h1><p id="name">{escape(claims["name"])}</p><p id="sub">{escape(claims["sub"])}</p>{links}'


@app.get("/callback")
def callback():
    token = provider().authorize_access_token(claims_options=EXPECTED)
    session["id"] = str(uuid.uuid4())
    tokens[session["id"]] = token
    return redirect("/profile")


@app.get("/refresh")
def refresh():
    old = tokens.get(session.get("id"))
    if old is None:
        return redirect("/profile")
    try:
        new = provider().fetch_access_token(grant_type="refresh_token", refresh_token=old["refresh_token"])
    except OAuthError:  # the sign-in has ended
        tokens.pop(session["id"], None)
        return redirect("/")
    tokens[session["id"]] = {**old, **new}
    return redirect("/profile")


@app.post("/back-channel")
def back_channel():
    """Fuxin calls this when the person signs out elsewhere (back-channel logout)."""
    try:
        found = verified(request.form.get("logout_token", ""))
        if "http://schemas.openid.net/event/backchannel-logout" not in found.claims["events"]:
            return "not a logout token", 400
    except (JoseError, ValueError) as error:
        return str(error), 400
    for id in [id for id, token in tokens.items() if token["userinfo"].get("sid") == found.claims["sid"]]:
        tokens.pop(id, None)
    return ""


def verified(text):
    try:
        found = jwt.decode(text, KeySet.import_key_set(provider().fetch_jwk_set()), algorithms=["ES256"])
    except InvalidKeyIdError:  # the keys were rotated
        found = jwt.decode(text, KeySet.import_key_set(provider().fetch_jwk_set(force=True)), algorithms=["ES256"])
    if found.header.get("typ") != "logout+jwt":
        raise ValueError("not a logout token")
    required = {name: {"essential": True} for name in ["iat", "exp", "sid", "events"]}
    jwt.JWTClaimsRegistry(**EXPECTED, **required).validate(found.claims)
    return found


@app.get("/sign-out")
def sign_out():
    token = tokens.pop(session.get("id"), None)
    session.clear()
    if token is None:
        return redirect("/")
    return provider().logout_redirect(f"{SITE}/", id_token_hint=token["id_token"])


if __name__ == "__main__":
    app.run("127.0.0.1", urlsplit(SITE).port)
