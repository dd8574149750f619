"""``nota doctor`` for e-mail: the server, the login, and what must stand in the DNS of the sender's domain."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from bot.platforms.base import Finding, note, ok, problem
from bot.platforms.email.api import CannotConnect, connect
from bot.platforms.email.platform import MailSettings
from bot.platforms.platform import Deployment

SECONDS = 10.0

_REMEDIES = {
    "cannot connect": "check host, port and the firewall: many hosts close port 25, use 587 or 465",
    "no encryption": "use smtps://, or a server that offers STARTTLS with a certificate for this name",
    "login refused": "check user and password; some providers want an app password",
}


async def diagnose(settings: MailSettings, deployment: Deployment) -> AsyncIterator[Finding]:
    server, sender, public_url = settings.server, settings.mailbox[1], deployment.public_url
    if public_url is None:
        yield problem("PUBLIC_URL", "is not set: mails need a link to unsubscribe", "set it, or unset SMTP_URL")
    elif urlsplit(public_url).scheme != "https" and not server.is_loopback:
        remedy = "use https, or mail programs show no button to unsubscribe (RFC 8058)"
        yield note("PUBLIC_URL", "is not https", remedy)
    where = f"{server.host}:{server.port}"
    try:
        client = await connect(server, SECONDS, sender.domain)
    except CannotConnect as failure:
        yield problem("SMTP_URL", f"{where}: {failure}", _REMEDIES[failure.trouble])
    else:
        is_encrypted = client.get_transport_info("sslcontext") is not None
        login = "the login works" if server.user is not None else "without a login"
        safety = "encrypted" if is_encrypted else "not encrypted, on this machine"
        yield ok("SMTP_URL", f"{where} answers, {safety}, {login}")
        if not client.supports_extension("smtputf8"):
            message = "offers no SMTPUTF8: addresses with letters beyond ASCII before the @ get nothing"
            yield note("SMTP_URL", f"{where} {message}", "nothing, unless such readers matter: then another provider")
        client.close()
    for finding in records(sender.domain):
        yield finding


def records(domain: str) -> list[Finding]:
    """What must be in the DNS. Nothing is looked up: Python has no resolver for TXT records."""
    return [
        note(
            "SPF",
            f"a TXT record of {domain} must name the servers that send for it, or mails land among the spam",
            f'{domain}. TXT "v=spf1 include:<what your provider says> ~all"; if there is one already, add the include to it, '
            "for two are an error (RFC 7208, 4.5)",
        ),
        note(
            "DKIM",
            "the mail server must sign: Nota does not; its public key is a TXT record",
            f'<selector>._domainkey.{domain}. TXT "v=DKIM1; k=rsa; p=<the key from your provider>"',
        ),
        note(
            "DMARC",
            f"a TXT record must say what happens to mails in the name of {domain} that neither SPF nor DKIM confirms",
            f'_dmarc.{domain}. TXT "v=DMARC1; p=none; rua=mailto:<who reads the reports>"; p=quarantine once they say that your mails '
            "pass (RFC 9989)",
        ),
    ]
