"""Copies the only operation of a journal until it has this many: `fill_journal.py FILE NUMBER`."""

import sqlite3
import sys

journal, number = sys.argv[1], int(sys.argv[2])
with sqlite3.connect(journal) as database:
    columns = [row[1] for row in database.execute("PRAGMA table_info(operations)")]
    given = ", ".join(name for name in columns if name not in ("number", "id"))
    database.execute(
        f"""WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO operations (id, {given}) SELECT printf('%s-%d', id, i), {given}
        FROM operations, n WHERE number = (SELECT min(number) FROM operations)""",
        (number - 1,),
    )
    database.execute(
        """INSERT INTO plans SELECT o.number, p.plans FROM operations o, plans p
        WHERE p.operation = (SELECT min(number) FROM operations) AND o.number > p.operation"""
    )
    columns = [row[1] for row in database.execute("PRAGMA table_info(steps)")]
    given = ", ".join(f"s.{name}" for name in columns if name not in ("operation", "token"))
    plain = given.replace("s.", "")
    database.execute(
        f"""INSERT INTO steps (operation, token, {plain}) SELECT o.number, printf('%s-%d', s.token, o.number), {given}
        FROM operations o, steps s
        WHERE s.operation = (SELECT min(number) FROM operations) AND o.number > s.operation"""
    )
database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
print(database.execute("SELECT count(*) FROM operations").fetchone()[0])
