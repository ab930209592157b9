"""Writes a configuration held in dicts as TOML (Python can only read it)."""
import json


def dumps(tables, path=""):
    """Values first, then sub-tables; a list of dicts is an array of tables."""
    values, below = [], []
    for key, value in tables.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            below.append(f"\n[{name}]\n{dumps(value, name)}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            below += [f"\n[[{name}]]\n{dumps(item, name)}" for item in value]
        else:
            values.append(f"{key} = {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(values) + "".join(below)


def merge(base, changes):
    """`base` with the changes laid over it, table by table; a value None takes the key out."""
    merged = dict(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged
