/*
 * The language port: how the rooms above turn English into the reader's words.
 * JupyterLab brings its own translator; elsewhere `plainWords` keeps English.
 */

/** Translates texts with numbered places (`%1`, `%2`); the shape of Lab's bundles. */
export interface Words {
  __(text: string, ...values: (string | number)[]): string;
  _n(singular: string, plural: string, count: number, ...values: (string | number)[]): string;
}

/** English, with the places filled in. */
export const plainWords: Words = {
  __: (text, ...values) => fill(text, values),
  _n: (singular, plural, count, ...values) =>
    fill(count === 1 ? singular : plural, [count, ...values])
};

function fill(text: string, values: (string | number)[]): string {
  return text.replace(/%(\d)/g, (place, digit: string) => {
    const value = values[Number(digit) - 1];
    return value === undefined ? place : String(value);
  });
}
