"""Tables as values; Markdown, HTML, text, CSV, TSV, LaTeX and JSON are ways of writing one.

A table is made of records by fields, a field a column; a new column is one row of such a tuple:

    from effprof.report.tables.cells import Joined
    from effprof.report.tables.table import Column, Field, Table

    FIELDS = (
        Field(Column.words("model"), lambda result: result.label),
        Field(Column.of("params"), lambda result: result.params),
        Field(Column.of("realised"), lambda result: result.realised),
        Field(Column("operators / image", write=duration), operator_seconds),
    )
    Table.of(FIELDS, results, title="Inference, fp32 nchw eager")

- A cell is a value: an `Estimate`, an `Absent`, a number in SI units, text, or None. `Marked`,
  `Worded`, `Written`, `Joined`, `Code`, `Strong`, `Link` and `Phrase` (`cells`) are for what a
  value alone cannot say.
- Text from outside is given as it is: whoever writes the table escapes it. Headings and titles are
  words of ours.
- `Column.of(id)` takes heading, unit and writer from the quantities; `write` is for numbers that
  are none of them. Columns stand to the right; `Column.words(heading)` stands to the left.
- The body of a section gives blocks (`effprof.report.blocks`): Markdown text, a `Heading`, or a
  `Table`, whose title leads it in and, behind those of section and heading, names its file.
- `formats.FORMATS` has every way of writing; a new one is a row there.
"""
