"""Client tokens: one effect for one token, in a region and zone."""

import json
from dataclasses import dataclass

import botocore.session

from .message import Refused, Request

# Parameters that a repeated request may change. Region and zone are part of the key, so they are not compared.
NOT_COMPARED = {"ClientToken", "DryRun"}


def actions() -> set[str]:
    """Returns the actions whose input has a client token in the model."""
    model = botocore.session.get_session().get_service_model("ec2")
    inputs = ((name, model.operation_model(name).input_shape) for name in model.operation_names)
    return {name for name, shape in inputs if shape and "ClientToken" in shape.members}


@dataclass
class Used:
    """A token that was used up: the digest of its parameters, the response and what it made."""

    params: str
    body: bytes
    ids: list[str]
    at: float


class Tokens:
    """Tokens by account, region, zone, action and token."""

    def __init__(self) -> None:
        self.used: dict[tuple, Used] = {}

    @staticmethod
    def params(request: Request) -> str:
        return json.dumps({name: value for name, value in sorted(request.params.items()) if name not in NOT_COMPARED})

    def find(self, key: tuple, request: Request, loose: bool) -> Used | None:
        """Returns the earlier use of a token, or refuses if it was another request's and the tokens are not `loose`."""
        used = self.used.get(key)
        if used and not loose and used.params != self.params(request):
            raise Refused(
                "IdempotentParameterMismatch",
                "The request uses the same client token as a previous, but non-identical request. Do not reuse a client "
                "token with different requests, unless the requests are identical.",
            )
        return used

    def of(self, resource: str) -> str:
        """Returns the token that made a resource, or nothing."""
        return next((key[-1] for key, used in self.used.items() if resource in used.ids), "")
