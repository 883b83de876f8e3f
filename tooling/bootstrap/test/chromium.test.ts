import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findChromium } from '../chromium.mjs'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chromium-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('Chromium is found on PATH under any of its names, if it can be run', () => {
  const path = ['', folder].join(delimiter)
  expect(findChromium(path)).toBe(undefined)
  const place = join(folder, 'chromium-browser')
  writeFileSync(place, '#!/bin/sh\n')
  chmodSync(place, 0o644)
  expect(findChromium(path)).toBe(undefined)
  chmodSync(place, 0o755)
  expect(findChromium(path)).toBe(place)
})
