/** Characters that a terminal obeys (C0, C1, DEL), that break a line, and that turn the direction of the text around. */
// eslint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/**
 * Text of a program in one line that only says what stands there: names of tasks, functions and jobs may come from
 * requests, and hold codes that a terminal obeys. Each such character is shown as U+FFFD.
 */
export function printable(text: string): string {
  return text.replace(OBEYED, '\ufffd')
}

/** A value as JSON that a terminal shows and does not obey: JSON itself lets C1 and marks of direction through. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(OBEYED, (character) =>
    // The line breaks are those of the layout: JSON escapes those in strings.
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
