"""Names the AWS credential that botocore takes, for environments and shared files.

Reads a JSON list of environments, {variable: value}, from standard input. Prints one JSON object a line: {"method":
botocore's name of the source, "keys": [access key, secret key, session token]}, with `null` for keys that a request to
AWS would bring, and {"error": class} where botocore refuses. Nothing is sent.
"""

import json
import os
import sys

from botocore.credentials import create_credential_resolver
from botocore.session import Session

# These ask a service as soon as they are loaded. Set variables are all that botocore looks at before.
ASKS = {"container-role": "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "iam-role": None}
# Their keys are known without a request.
KNOWN = {"env", "shared-credentials-file", "config-file", "custom-process"}


def identity(environment: dict[str, str]) -> dict:
    os.environ.clear()
    os.environ.update(environment)
    session = Session(include_builtin_handlers=False)
    # What each client does first.
    session.get_scoped_config()
    for provider in create_credential_resolver(session).providers:
        if provider.METHOD in ASKS:
            if ASKS[provider.METHOD] in environment:
                return {"method": provider.METHOD, "keys": None}
            continue
        credentials = provider.load()
        if credentials is None:
            continue
        keys = None
        if provider.METHOD in KNOWN:
            frozen = credentials.get_frozen_credentials()
            keys = [frozen.access_key, frozen.secret_key, frozen.token]
        return {"method": provider.METHOD, "keys": keys}
    return {"method": None, "keys": None}


def main() -> None:
    for environment in json.load(sys.stdin):
        try:
            found = identity(environment)
        except Exception as error:
            found = {"error": type(error).__name__}
        print(json.dumps(found))


if __name__ == "__main__":
    main()
