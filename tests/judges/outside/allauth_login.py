"""django-allauth with its own TikTok provider: a Django site with nothing but a login."""

import django
from django.conf import settings
from rerouted import KEY, SECRET, browse, report

settings.configure(
    SECRET_KEY="a secret of the judge's own",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="allauth.urls",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.tiktok",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    SOCIALACCOUNT_PROVIDERS={"tiktok": {"APPS": [{"client_id": KEY, "secret": SECRET}]}},
    ACCOUNT_DEFAULT_HTTP_PROTOCOL="https",
    ACCOUNT_EMAIL_VERIFICATION="none",
    SOCIALACCOUNT_AUTO_SIGNUP=True,
)
django.setup()

from allauth.socialaccount.models import SocialAccount  # noqa: E402 - Django wants its settings first
from django.core.management import call_command  # noqa: E402 - the same
from django.test import Client  # noqa: E402 - the same

call_command("migrate", verbosity=0)
client = Client(SERVER_NAME="app.example.test")
started = client.post("/tiktok/login/", secure=True)
back = browse(started.headers["Location"])
done = client.get(back, secure=True)
account = SocialAccount.objects.filter(provider="tiktok").first()
report(
    login=done.status_code == 302 and "_auth_user_id" in client.session,
    username=account and account.extra_data.get("username"),
    where=done.headers.get("Location"),
)
