"""What a server may be told: options first, then the environment, then what suits most."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from querist.core.errors import InvalidInput
from querist.core.people import PersonRole

MEGABYTE = 1_000_000
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

Words = Annotated[list[str], NoDecode]  # in the environment joined by commas, not as JSON
Pairs = Annotated[dict[str, PersonRole], NoDecode]


class Settings(BaseSettings):
    """How a server runs. Each is also an environment variable: `QUERIST_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="QUERIST_", extra="ignore", validate_default=False)

    url: str = Field("sqlite:///querist.db", description="The database: a file, `sqlite:///file`, or `postgresql://`.")
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8700, ge=0, le=65535, description="The port to listen on; 0 for any that is free.")
    public_url: str | None = Field(
        None, description="What people type to get here, where a proxy stands in front: `https://label.example.org`."
    )
    allowed_hosts: Words = Field(
        default_factory=list,
        description="Names by which the server may be called beside its own address and the public URL, "
        "joined by commas; `*` for any.",
    )
    trusted_proxies: Words = Field(
        default_factory=list, description="Addresses of proxies whose word on the caller's address counts."
    )
    cookie_secure: bool | None = Field(
        None, description="Whether the cookie is sent over https alone; by default if the public URL is https."
    )
    media: Path | None = Field(
        None,
        description="The folder of images and sounds that items may show. Everybody who is signed in can open every "
        "file in it, those of projects they may not enter too.",
    )
    worker: bool = Field(True, description="Whether rounds are made in this process, without `querist worker`.")
    threads: int = Field(40, ge=1, le=1000, description="Requests that are worked on at one time.")
    max_body_mb: float = Field(1.0, gt=0, description="The largest request body, in megabytes.")
    max_upload_mb: float = Field(1000.0, gt=0, description="The largest file that may be uploaded, in megabytes.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="Lines of JSON for machines, text for people, or whichever suits who reads along."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged at the least.")
    oidc_issuer: str | None = Field(None, description="The identity provider to sign in with: its issuer URL.")
    oidc_client_id: str | None = Field(None, description="What the provider calls this server.")
    oidc_client_secret: str | None = Field(None, description="The secret shared with the provider.", repr=False)
    oidc_name: str = Field("single sign-on", description="What the page calls the provider.")
    oidc_scopes: Words = Field(
        default_factory=lambda: ["openid", "profile", "email"], description="What the provider is asked to tell."
    )
    oidc_name_claim: str = Field("preferred_username", description="The claim that is a person's name here.")
    oidc_role_claim: str | None = Field(None, description="The claim whose words give roles.")
    oidc_roles: Pairs = Field(
        default_factory=dict, description="Which of its words gives which role: `labelers=annotator,leads=manager`."
    )
    oidc_default_role: PersonRole | None = Field(
        None, description="The role of whoever the provider vouches for and no word of it names; by default none."
    )

    @field_validator("allowed_hosts", "trusted_proxies", "oidc_scopes", mode="before")
    @classmethod
    def _split(cls, given: Any) -> Any:
        return [word.strip() for word in given.split(",") if word.strip()] if isinstance(given, str) else given

    @field_validator("oidc_roles", mode="before")
    @classmethod
    def _pair(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        return {word.strip(): role.strip() for word, _, role in (pair.partition("=") for pair in given.split(","))}

    @field_validator("public_url")
    @classmethod
    def _is_url(cls, given: str | None) -> str | None:
        if given is None:
            return None
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
            raise ValueError("must be a scheme and a host, like https://label.example.org")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("media")
    @classmethod
    def _is_folder(cls, given: Path | None) -> Path | None:
        if given is not None and not given.is_dir():
            raise ValueError("must be a folder that is there")
        return given

    @property
    def hosts(self) -> frozenset[str]:
        """The names by which the server may be called, without ports."""
        names = {*LOOPBACK_NAMES, *self.allowed_hosts}
        if self.public_url is not None:
            names.add(host_name(urlsplit(self.public_url).netloc))
        if self.host not in ("0.0.0.0", "::", ""):
            names.add(f"[{self.host}]" if ":" in self.host else self.host)
        return frozenset(name.lower() for name in names)

    @property
    def secure(self) -> bool:
        """Whether the cookie is sent over https alone."""
        if self.cookie_secure is not None:
            return self.cookie_secure
        return self.public_url is not None and self.public_url.startswith("https://")

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine can reach the address."""
        return is_loopback(self.host)


def configure(**said: Any) -> Settings:
    """The settings: what is said here, then the environment; None says nothing.

    Raises
    ------
    InvalidInput
        If a value is not as it must be.
    """
    try:
        return Settings(**{name: value for name, value in said.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        rule = first["msg"].replace("Input should be", "must be").removeprefix("Value error, ")
        got = str(first["input"]) if isinstance(first["input"], Path) else first["input"]
        raise InvalidInput(
            f"{name}: {rule}; got {got!r}. Mend the option or the variable QUERIST_{name.upper()}."
        ) from None


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, reached by nobody else.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def host_name(netloc: str) -> str:
    """A host without its port.

    Examples
    --------
    >>> host_name("label.example.org:8700"), host_name("[::1]:8700")
    ('label.example.org', '[::1]')
    """
    if netloc.startswith("["):
        return netloc.partition("]")[0].lower() + "]"
    return netloc.partition(":")[0].lower()
