"""What a PaaS tells its processes of itself: whose it is, our public address there, and whether its disk is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Host:
    """A PaaS.

    Attributes:
        name: as people call it.
        sign: a variable that every process there has.
        address: the variable that holds our public address, or what ``form`` makes one of.
        form: how the address is made of it.
    """

    name: str
    sign: str
    address: str
    form: str = "https://{}"


HOSTS = (
    # devcenter.heroku.com/articles/dyno-metadata, once `heroku labs:enable runtime-dyno-metadata` was said;
    # Dokku sets DYNO too, but no domain
    Host("Heroku or Dokku", "DYNO", "HEROKU_APP_DEFAULT_DOMAIN_NAME"),
    # render.com/docs/environment-variables; empty for what is no web service
    Host("Render", "RENDER", "RENDER_EXTERNAL_URL", "{}"),
    # docs.railway.com/reference/variables; there once a domain was generated or set
    Host("Railway", "RAILWAY_PROJECT_ID", "RAILWAY_PUBLIC_DOMAIN"),
    # fly.io/docs/machines/runtime-environment
    Host("Fly", "FLY_APP_NAME", "FLY_APP_NAME", "https://{}.fly.dev"),
    # koyeb.com/docs/build-and-deploy/environment-variables
    Host("Koyeb", "KOYEB_SERVICE_NAME", "KOYEB_PUBLIC_DOMAIN"),
)

CODE = Path(__file__).parent


def host_of(environment: Mapping[str, str]) -> Host | None:
    """The PaaS that we run on; None where it is none that we know."""
    return next((host for host in HOSTS if environment.get(host.sign)), None)


def public_url_of(environment: Mapping[str, str]) -> str | None:
    """Our address as the PaaS tells it; None where it does not."""
    host = host_of(environment)
    value = environment.get(host.address, "").strip() if host else ""
    return host.form.format(value).rstrip("/") if host and value else None


def forgets(host: Host | None, folder: Path) -> bool:
    """Whether what is written into the folder is gone with the next release: it lies on the disk that the code is on.

    A volume is a disk of its own. Always False on a machine of one's own (``host`` is None).
    """
    return host is not None and _disk_of(folder) == _disk_of(CODE)


def _disk_of(path: Path) -> int:
    there = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    return there.stat().st_dev
