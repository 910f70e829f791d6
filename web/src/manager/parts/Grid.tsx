import type { ReactNode } from "react";

import classes from "./parts.module.css";

export interface Column<Row> {
  name: string;
  /** What stands in the column's head; its name by default. */
  head?: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Figures, set to the right. */
  number?: boolean;
  /** Takes the room that is left, and wraps. */
  wide?: boolean;
  /** What the row is about: the head of its card on a narrow screen. */
  title?: boolean;
  /** Something to press, which needs no name beside it. */
  action?: boolean;
  /** Left out on narrow screens, where it is the least of what is known. */
  minor?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  id: (row: Row) => string | number;
}

/**
 * A table; on a narrow screen each row becomes a card, with its columns' names beside what they hold.
 *
 * The roles are said outright, since a browser forgets them where a style takes the table's layout away.
 */
export function Grid<Row>({ caption, columns, rows, id }: Props<Row>) {
  return (
    <table className={classes.grid} role="table">
      <caption className="q-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th
              key={column.name}
              role="columnheader"
              scope="col"
              data-number={column.number || undefined}
              data-minor={column.minor || undefined}
            >
              {column.action ? <span className="q-hidden">{column.name}</span> : (column.head ?? column.name)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={id(row)} role="row">
            {columns.map((column) => {
              const cell = column.cell(row);
              return (
                <td
                  key={column.name}
                  role="cell"
                  data-name={column.name}
                  data-number={column.number || undefined}
                  data-wide={column.wide || undefined}
                  data-minor={column.minor || undefined}
                  data-title={column.title || undefined}
                  data-action={column.action || undefined}
                  data-empty={cell === null || cell === false || undefined}
                >
                  {cell}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
