"""Reads the values of a `.config` as kdevops does, and compares what arrives with what was written.

`check_values.py CONFIG`: writes `extra_vars.yaml` beside it in the format of kdevops' Kconfig (`output yaml`), loads that
as Ansible loads a file of variables, templates every value, and renders all of them with Jinja2. Prints how many values
there are, and how many differ.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

# Where Ansible makes a directory when it is imported.
OWN = tempfile.TemporaryDirectory()
os.environ["ANSIBLE_HOME"] = OWN.name

import jinja2
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

CONFIG = Path(sys.argv[1])
VALUES = dict(re.findall(r'^CONFIG_(\w+)="(.*)"$', CONFIG.read_text(encoding="utf-8"), re.MULTILINE))


def extra_vars() -> dict:
    """Returns the variables that Ansible reads, by the names of the symbols. kdevops writes strings without escapes."""
    path = CONFIG.with_name("extra_vars.yaml")
    lines = [f'{name.lower()}: "{value}"\n' for name, value in VALUES.items()]
    path.write_text("---\n" + "".join(lines), encoding="utf-8")
    loaded = DataLoader().load_from_file(str(path), trusted_as_template=True)
    return {name: loaded[name.lower()] for name in VALUES}


def templated(variables: dict) -> dict:
    """Returns them as a task or a template of a playbook gets them."""
    templar = Templar(loader=DataLoader(), variables=variables)
    return {name: templar.template(value) for name, value in variables.items()}


def rendered() -> bool:
    """Returns True if Jinja2 takes all values for plain text."""
    text = "\n".join(VALUES.values())
    return jinja2.Environment(keep_trailing_newline=True).from_string(text).render() == text


if __name__ == "__main__":
    read = extra_vars()
    seen = templated(read)
    differ = [name for name, value in VALUES.items() if not read[name] == seen[name] == value]
    differ += [] if rendered() else ["all"]
    print(f"{len(VALUES)} values, {len(differ)} differ")
