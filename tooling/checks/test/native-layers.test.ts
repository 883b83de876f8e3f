import { expect, test } from 'vitest'
import { nativeLayers } from '../checks/native-layers.mjs'
import { workspaceOf } from '../workspace.mjs'

const folder = 'packages/selector-native/native'
const layers = { [`${folder}/layers.h`]: '#define LN_LAYER_SLOT 2\n#define LN_LAYER_ENGINE 6\n' }
const source = (layer: string, text: string): string => `#define LN_LAYER LN_LAYER_${layer}\n${text}`

test('a call of a higher layer is a problem, one of a lower layer is none', () => {
  const files = {
    ...layers,
    [`${folder}/slots.c`]: source('SLOT', 'int ln_slot(int a) {\n  return ln_take(a);\n}\n'),
    [`${folder}/take.c`]: source('ENGINE', 'int ln_take(int a) {\n  return a;\n}\n'),
    [`${folder}/engine.c`]: source('ENGINE', 'void ln_open(void) { ln_slot(1); }\n'),
  }
  expect(nativeLayers(workspaceOf(files))).toEqual([
    `${folder}/slots.c: uses ln_take of a higher layer, in ${folder}/take.c`,
  ])
})

test('files of one layer that call each other are a circle; comments and strings call nothing', () => {
  const files = {
    ...layers,
    [`${folder}/flush.c`]: source('ENGINE', 'void ln_flush(void) { ln_take(); }\n'),
    [`${folder}/take.c`]: source('ENGINE', 'void ln_take(void) { ln_flush(); }\n'),
    [`${folder}/other.c`]: source('ENGINE', '/* ln_last */ void ln_other(void) { puts("ln_last"); }\n'),
    [`${folder}/last.c`]: source('ENGINE', 'void ln_last(void) { ln_other(); }\n'),
  }
  expect(nativeLayers(workspaceOf(files))).toEqual([
    `circle of calls: ${folder}/flush.c → ${folder}/take.c → ${folder}/flush.c`,
  ])
})

test('a file that says no layer is a problem', () => {
  expect(nativeLayers(workspaceOf({ ...layers, [`${folder}/a.c`]: 'int ln_a(void) { return 1; }' }))).toEqual([
    `${folder}/a.c: says no layer: #define LN_LAYER LN_LAYER_...`,
  ])
})
