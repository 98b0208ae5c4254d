"""Reads every table of a study with pandas, without any option, and compares it with what the files hold.

    python check.py STUDY

What the files hold is found without pandas: the cells' text by Python's own csv module, the columns' types and row
groups by the Parquet file's own footer. Ends with exit code 1 where anything differs.
"""

import csv
import math
import sys
from pathlib import Path

import pandas
import pyarrow.parquet

# pandas.read_csv parses numbers fast, not to the last bit: its result may be a neighbouring double.
NEIGHBOUR = 2.0**-52


def is_text(column):
    return not pandas.api.types.is_numeric_dtype(column.dtype)


def is_missing(value):
    return value is None or value is pandas.NA or (isinstance(value, float) and math.isnan(value))


def compare(name, frame, header, rows, types, slack):
    """Columns, rows, types and cells of a frame against the file's text; gives what differs, and a count of cells."""
    wrong, cells, inexact = [], 0, 0
    if list(frame.columns) != header:
        return [f"columns {list(frame.columns)} instead of {header}"], 0, 0
    if len(frame) != len(rows):
        return [f"{len(frame)} rows instead of {len(rows)}"], 0, 0
    for place, column in enumerate(header):
        texts = [row[place] for row in rows]
        values = frame[column].tolist()
        if all(text == "" for text in texts):
            if not all(is_missing(value) for value in values):
                wrong.append(f"{column}: a value where the file has none")
            continue
        if is_text(frame[column]) != (types[column] == "string"):
            wrong.append(f"{column}: read as {frame[column].dtype}, is {types[column]}")
            continue
        for row, (text, value) in enumerate(zip(texts, values)):
            cells += 1
            if text == "" or is_missing(value):
                same = text == "" and is_missing(value)
            elif types[column] == "string":
                same = text == value
            else:
                number = float(text)
                inexact += number != value
                same = abs(value - number) <= slack * abs(number)
            if not same:
                wrong.append(f"{column}, row {row + 1}: {value!r} instead of {text!r}")
                break
    return wrong, cells, inexact


def check(csv_file):
    parquet_file = csv_file.with_suffix(".parquet")
    with open(csv_file, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    parquet = pyarrow.parquet.ParquetFile(parquet_file)
    schema = parquet.schema_arrow
    types = {field.name: str(field.type).removeprefix("large_").removesuffix("_view") for field in schema}
    groups = [parquet.metadata.row_group(n).num_rows for n in range(parquet.metadata.num_row_groups)]
    faults = []
    for reader, frame, slack in [
        ("pandas.read_csv", pandas.read_csv(csv_file), NEIGHBOUR),
        ("pandas.read_parquet", pandas.read_parquet(parquet_file), 0.0),
    ]:
        wrong, cells, inexact = compare(csv_file.stem, frame, header, rows, types, slack)
        says = "agrees" if not wrong else "DIFFERS"
        note = f", {inexact} numbers off by one bit" if inexact else ""
        print(
            f"{csv_file.stem:14} {reader:20} {says}: {len(frame)} rows, {len(frame.columns)} columns, "
            f"{cells} cells{note}"
        )
        faults += [f"{csv_file.stem}: {reader}: {fault}" for fault in wrong]
    print(f"{csv_file.stem:14} row groups: {len(groups)}, {min(groups, default=0)} to {max(groups, default=0)} rows")
    return faults


def main(study):
    print(f"pandas {pandas.__version__}, pyarrow {pyarrow.__version__}")
    tables = sorted(file for file in Path(study).glob("*.csv") if file.with_suffix(".parquet").exists())
    if not tables:
        sys.exit(f"{study}: no table as CSV and Parquet: run `delta cohort collect` there first")
    faults = [fault for table in tables for fault in check(table)]
    for fault in faults:
        print("DIFFERS ", fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main(sys.argv[1])
