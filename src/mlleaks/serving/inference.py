"""A model behind the Open Inference Protocol, without the network: bytes in, bytes out.

References
----------
*Open Inference Protocol*, version 2, the REST part (kserve/open-inference-protocol).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, NoReturn

import numpy as np

from mlleaks.defenses.masked_models import Mask
from mlleaks.errors import InputError, ModelError
from mlleaks.outputs.interface import require_model
from mlleaks.outputs.label_only import LabelOnlyModel, answers_class_only
from mlleaks.outputs.posteriors import validate_posteriors
from mlleaks.outputs.query import query
from mlleaks.serving.interface import classes_of, columns_of, record_shape_of
from mlleaks.serving.records import records_for
from mlleaks.serving.tensors import Tensor, check_content_type, parse_tensor, tensor_of
from mlleaks.types import Floats, Records

PROBABILITIES, LABELS = "predict_proba", "predict"
OUTPUTS = (PROBABILITIES, LABELS)


@dataclass(frozen=True)
class InferenceRequest:
    """What a client asks for.

    Parameters
    ----------
    tensors : tuple of Tensor
    outputs : tuple of str
        Of `OUTPUTS`, in the order of the request.
    id : str, optional
        Returned with the answer.
    table : bool
        Whether the tensors are the columns of a table.
    """

    tensors: tuple[Tensor, ...]
    outputs: tuple[str, ...] = (PROBABILITIES,)
    id: str | None = None
    table: bool = False


class InferenceService:
    """A model with a name, a version and masks; it answers one request at a time.

    Parameters
    ----------
    model : Model
        With ``predict_proba``, or with ``predict`` and ``classes_``.
    name, version : str
        Letters, digits, dots, dashes and underscores: both are parts of URLs.
    masks : sequence of Mask
        Each changes the answers of the one before.

    Raises
    ------
    InputError, ModelError
        A name that fits no URL; an object that is no model.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from mlleaks.defenses import LabelOnly
    >>> model = DummyClassifier(strategy="prior").fit([[0], [0], [0]], ["dog", "dog", "cat"])
    >>> service = InferenceService(model, "prior", masks=[LabelOnly()])
    >>> inputs = [{"name": "x", "datatype": "FP64", "shape": [1, 1], "data": [0.5]}]
    >>> json.loads(service.infer(json.dumps({"id": "7", "inputs": inputs}).encode()))["outputs"][0]["data"]
    [0.0, 1.0]
    """

    def __init__(self, model: Any, name: str, *, version: str = "1", masks: Sequence[Mask] = ()) -> None:
        for what, text in (("name", name), ("version", version)):
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text):
                raise InputError(
                    f"the {what} {text!r} of a model",
                    expected="1 to 100 letters, digits, dots, dashes or underscores, for a URL",
                    fix="Choose another one.",
                )
        self.model = LabelOnlyModel(model) if answers_class_only(model) else model
        require_model(self.model)
        self.name, self.version, self.masks = name, version, tuple(masks)
        self.requests = self.records = 0
        """How many were answered."""

    def metadata(self) -> dict[str, Any]:
        """Return what the protocol lets a model say of itself.

        The types of a table's columns are not known. Therefore its columns are a parameter, and ``inputs``
        is empty.
        """
        classes, columns, shape = classes_of(self.model), columns_of(self.model), record_shape_of(self.model)
        inputs = []
        if columns is None and shape is not None:
            sizes = [-1, *(-1 if size is None else size for size in shape)]
            inputs = [{"name": "input", "datatype": "FP64", "shape": sizes}]
        width = -1 if classes is None else len(classes)
        kind = "BYTES" if classes and isinstance(classes[0], str) else "INT64"
        parameters = {"classes": classes, "columns": columns}
        return {
            "name": self.name,
            "versions": [self.version],
            "platform": "mlleaks",
            "inputs": inputs,
            "outputs": [
                {"name": PROBABILITIES, "datatype": "FP64", "shape": [-1, width]},
                {"name": LABELS, "datatype": kind, "shape": [-1]},
            ],
            "parameters": {key: value for key, value in parameters.items() if value is not None},
        }

    def statistics(self) -> dict[str, Any]:
        """Return how many records and requests were answered."""
        counts = {"inference_count": self.records, "execution_count": self.requests}
        return {"model_stats": [{"name": self.name, "version": self.version, **counts}]}

    def infer(self, body: bytes) -> bytes:
        """Return the JSON of an answer to the JSON of a request.

        Raises
        ------
        InputError
            The request is wrong. The message holds none of its values.
        ModelError
            The model, or a mask, raises or returns nonsense. Nor does this message hold a value.
        """
        request = parse_request(body)
        records = records_for(self.model, request.tensors, table=request.table)
        posteriors = self._posteriors(records)
        outputs = {PROBABILITIES: posteriors}
        if LABELS in request.outputs:
            outputs[LABELS] = labels_of(posteriors, classes_of(self.model))
        answer = {
            "model_name": self.name,
            "model_version": self.version,
            **({} if request.id is None else {"id": request.id}),
            "outputs": [tensor_of(name, outputs[name]) for name in request.outputs],
        }
        self.requests += 1
        self.records += len(posteriors)
        return json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()

    def _posteriors(self, records: Records) -> Floats:
        """Return the masked answers in float64, in which a rounded 0.3 stays 0.3 in JSON."""
        try:
            answers = query(self.model, records).astype(np.float64)
            return validate_posteriors(reduce(lambda p, mask: np.asarray(mask(p)), self.masks, answers))
        except BaseException as error:  # SystemExit, too: it would end the server
            cause = error.__cause__ if isinstance(error, ModelError) and error.__cause__ else error
            raise ModelError(
                f"{type(cause).__name__} from the model on {type(records).__name__} of shape {records.shape}",
                expected="posteriors for every record",
                fix="Check that the model takes records of this shape and type.",
            ) from None


def parse_request(body: bytes) -> InferenceRequest:
    """Return the request of a JSON text.

    Raises
    ------
    InputError
        No JSON (NaN and Infinity are none), or not what the protocol wants.

    Examples
    --------
    >>> parse_request(b"{")
    Traceback (most recent call last):
    mlleaks.errors.InputError: got a body that is no JSON; expected a JSON object in UTF-8, without NaN ...
    """
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        document = None
        _refuse("a body that is no JSON", "a JSON object in UTF-8, without NaN and Infinity")
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("inputs"), list)
        or not document["inputs"]
    ):
        _refuse("a request without inputs", "an object with a list of tensors under `inputs`")
    identity = document.get("id")
    if identity is not None and not isinstance(identity, str):
        _refuse("an id that is no text", "a text")
    check_content_type(document, "the request")
    table = (document.get("parameters") or {}).get("content_type") == "pd"
    tensors = tuple(parse_tensor(tensor) for tensor in document["inputs"])
    return InferenceRequest(tensors, _requested(document.get("outputs")), identity, table)


def labels_of(posteriors: Floats, classes: Sequence[int] | Sequence[str] | None) -> Any:
    """Return the class of the largest posterior ``(n,)``, the first of equal ones; numbers without names.

    Examples
    --------
    >>> labels_of(np.array([[0.2, 0.8], [0.5, 0.5]]), ["cat", "dog"])
    array(['dog', 'cat'], dtype='<U3')
    """
    best = posteriors.argmax(axis=1)
    if classes is None:
        return best
    if len(classes) != posteriors.shape[1]:
        raise ModelError(
            f"answers with {posteriors.shape[1]} columns from a model that names {len(classes)} classes",
            expected="one column per class",
            fix="Let predict_proba return a column for each entry of classes_.",
        )
    return np.array(classes)[best]


def _requested(outputs: Any) -> tuple[str, ...]:
    """Return the names of the outputs that a request asks for; posteriors if it names none."""
    if not outputs and (outputs is None or isinstance(outputs, list)):
        return (PROBABILITIES,)
    names = (
        [o.get("name") if isinstance(o, dict) else None for o in outputs] if isinstance(outputs, list) else []
    )
    if not names or not all(name in OUTPUTS for name in names):
        _refuse("a request for another output", f"outputs named {' or '.join(OUTPUTS)}")
    return tuple(dict.fromkeys(map(str, names)))


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _refuse(got: str, expected: str) -> NoReturn:
    raise InputError(got, expected=expected, fix="See the Open Inference Protocol, version 2.") from None
