/** `import { a as b } from 'x'` as a constant: a program is run as the body of a function. */
export function withoutImports(code: string): string {
  return code.replace(
    /^import\s+(?:\*\s+as\s+(\w+)|\{([^}]*)\})\s+from\s+['"]([^'"]+)['"];?/gm,
    (_all, star: string | undefined, names = '', from: string) =>
      `const ${
        star ??
        `{${String(names)
          .replaceAll(/\btype\s+\w+,?/g, '')
          .replaceAll(/(\w+)\s+as\s+(\w+)/g, '$1: $2')}}`
      } = use(${JSON.stringify(from)})`,
  )
}
