import { count } from '../format.ts'
import type { TaskBranch, TaskFigures } from '../wire.ts'
import { Figure, Panel } from './panel.tsx'

/** Who waits for whom. */
export function TaskTree({ tasks: { count: all, tree } }: { tasks: TaskFigures }) {
  return (
    <Panel
      id="tasks"
      title="Tasks"
      aside={
        <>
          <Figure name="tasks">{count(all)}</Figure> not done
        </>
      }
    >
      {tree === null ? <p class="empty">{count(all)} tasks are too many to draw.</p> : <Branches branches={tree} />}
    </Panel>
  )
}

function Branches({ branches }: { branches: readonly TaskBranch[] }) {
  if (branches.length === 0) return null
  return (
    <ul class="tree">
      {branches.map(({ name, note, waitsFor }, index) => (
        <li key={`${index} ${name}`}>
          <span class="task">{name}</span>
          {note === '' ? null : <span class="note"> {note}</span>}
          <Branches branches={waitsFor} />
        </li>
      ))}
    </ul>
  )
}
