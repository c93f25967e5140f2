"""``mlleaks serve``: a model as an HTTP service on this machine, with output masks in front."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mlleaks.cli.options import several
from mlleaks.cli.stopping import say_on_stop
from mlleaks.errors import InputError

_LOOPBACK = "127.0.0.1"


def serve(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="package.module:attribute, or a .mlleaks, .skops or .onnx file."
        ),
    ],
    mask: Annotated[
        list[str] | None,
        several(
            "What the answers go through, in this order: top-K, rounding, rounding-DIGITS, label-only, "
            "temperature, temperature-T."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The model's name in URLs; default: that of the file or attribute.")
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            help="The model's version; default: a hash of its file and the masks, for an attribute a new one "
            "at each start."
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="The address to listen on; by default only this machine can connect.")
    ] = _LOOPBACK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for a free one.")] = 8080,
    api_key_env: Annotated[
        str | None,
        typer.Option(help="The environment variable with the key that clients must send (bearer)."),
    ] = None,
    max_mb: Annotated[int, typer.Option(min=1, help="The largest body of a request in MiB.")] = 64,
    trust_pickle: Annotated[
        bool, typer.Option("--trust-pickle", help="Open pickle files, which can run any code: only your own.")
    ] = False,
) -> None:
    """Serve a model by the Open Inference Protocol (version 2), as KServe, Triton and MLServer do.

    Clients send POST requests to URL/infer; the URL is printed at the start. Each mask is a defense in front
    of the model. No record is logged. Stop with Ctrl-C.

    Example: mlleaks serve model.mlleaks --mask top-3 --mask rounding-2 --port 0
    """
    from mlleaks.defenses.mask_names import mask_named
    from mlleaks.serving import inference_app, listening
    from mlleaks.targets import load_target

    masks = [mask_named(each) for each in mask or ()]
    known_as = _name(model) if name is None else name
    app = inference_app(
        load_target(model, trust_pickle=trust_pickle),
        name=known_as,
        version=_version(model, masks) if version is None else version,
        masks=masks,
        api_key=_secret(api_key_env),
        max_bytes=max_mb << 20,
    )
    with say_on_stop("the server has ended"), listening(app, host=host, port=port) as server:
        if not _is_loopback(host):
            _warn(host, has_key=api_key_env is not None)
        typer.echo(f"Serving {server.url}/v2/models/{known_as}")
        typer.echo(f"Masks: {', '.join(mask) if mask else 'none'}. Stop with Ctrl-C.")
        server.wait()


def _name(model: str) -> str:
    """Return the name of a file without its ending, or of an attribute."""
    text = model.rpartition(":")[2] if ":" in model and not Path(model).is_file() else Path(model).stem
    return re.sub(r"[^A-Za-z0-9._-]|^[._-]", "-", text)[:100].lstrip("-._") or "model"


def _version(model: str, masks: Sequence[object]) -> str:
    """Return a version that differs where answers may: clients store answers by it."""
    path = Path(model)
    if not path.is_file():
        return secrets.token_hex(6)
    return hashlib.sha256(path.read_bytes() + repr(masks).encode()).hexdigest()[:12]


def _secret(variable: str | None) -> str | None:
    """Return the key of an environment variable, without space around it."""
    if variable is None:
        return None
    key = os.environ.get(variable, "").strip()
    if not key:
        raise InputError(
            f"no key in the environment variable {variable}",
            expected="the key that clients must send",
            fix="Set it, and pass its name, not the key itself.",
        )
    return key


def _is_loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _warn(host: str, *, has_key: bool) -> None:
    key = "only with the key" if has_key else "without a key (see --api-key-env)"
    typer.echo(
        f"warning: other machines may reach {host}; they can query the model {key}, and nothing is encrypted",
        err=True,
    )
