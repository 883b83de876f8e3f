/** What the project was measured by before it existed. */
import lesson from './lesson.mjs'

/** @type {import('@loop/bench-kit').Suite} */
export default { name: 'lesson', title: "The lesson's program", scenarios: [lesson] }
