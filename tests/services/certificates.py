"""Certificates of an authority that nobody knows, made by openssl."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

DAYS = "2"
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
SERVER = "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"
CLIENT = "extendedKeyUsage=clientAuth\n"
SIGNED = "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"


@dataclass(frozen=True)
class Certificates:
    """Files in PEM form."""

    authority: Path  # what a client must trust
    client: Path  # what it shows
    client_key: Path


def make_certificates(folder: Path) -> Certificates:
    """Write ``authority``, ``server`` (of 127.0.0.1) and ``client``, each with .pem and .key."""
    run = ["req", "-x509", "-days", DAYS, "-subj", "/CN=authority of the tests", *KEY]
    run += ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]  # Python 3.13 wants it
    openssl(folder, *run, "-keyout", "authority.key", "-out", "authority.pem")
    for name, uses in (("server", SERVER), ("client", CLIENT)):
        (folder / f"{name}.ext").write_text(SIGNED + uses)
        ask = ["req", "-new", "-subj", f"/CN={name} of the tests", *KEY]
        openssl(folder, *ask, "-keyout", f"{name}.key", "-out", f"{name}.csr")
        sign = ["x509", "-req", "-days", DAYS, "-in", f"{name}.csr", "-extfile", f"{name}.ext"]
        sign += ["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"]
        openssl(folder, *sign, "-out", f"{name}.pem")
    return Certificates(folder / "authority.pem", folder / "client.pem", folder / "client.key")


def openssl(folder: Path, *arguments: str) -> None:
    """Run openssl in a folder."""
    subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=True)
