/* Draws the charts of the report; the tables beside them hold the same figures. */
/* global Chart, IntersectionObserver, addEventListener, document, getComputedStyle, matchMedia */
'use strict'
{
  const charts = new Map(
    JSON.parse(document.getElementById('data').textContent).map((entry) => [entry.scenario, entry]),
  )
  const drawn = new Map()
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
  const short = (value) =>
    value >= 1e6
      ? `${+(value / 1e6).toPrecision(3)}M`
      : value >= 1e4
        ? `${+(value / 1e3).toPrecision(3)}k`
        : `${+value.toPrecision(3)}`
  /* Beyond a factor of thirty the small ones would be invisible on a linear scale. */
  const isWide = (rows) => {
    const values = rows.map((row) => row.median)
    return Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) > 30
  }
  const fitted = (title, width) => {
    const most = width < 480 ? 20 : 40
    return title.length > most ? `${title.slice(0, most - 1)}…` : title
  }

  const draw = (canvas) => {
    const { axis, shortAxis, points } = charts.get(canvas.dataset.scenario)
    const { rows } = points[Number(canvas.dataset.point)]
    const width = canvas.parentElement.clientWidth
    drawn.get(canvas)?.destroy()
    const wide = isWide(rows)
    const title = width < 480 ? shortAxis : axis
    /* A bar on a logarithmic scale needs a beginning above zero. */
    const floor = wide ? Math.min(...rows.map((row) => row.min)) / 2 : 0
    const grid = { color: colour('line') }
    const ticks = { color: colour('soft'), callback: short, maxTicksLimit: width < 480 ? 4 : 8 }
    drawn.set(
      canvas,
      new Chart(canvas, {
        type: 'bar',
        data: {
          labels: rows.map((row) => fitted(row.title, width)),
          datasets: [
            {
              data: rows.map((row) => [row.min, row.max]),
              backgroundColor: colour('error'),
              barThickness: 2,
              grouped: false,
              minBarLength: 2,
            },
            {
              data: rows.map((row) => [floor, row.median]),
              backgroundColor: rows.map((row) => colour(row.kind)),
              borderRadius: 3,
              grouped: false,
              barPercentage: 0.8,
            },
          ],
        },
        options: {
          indexAxis: 'y',
          animation: false,
          maintainAspectRatio: false,
          plugins: {
            legend: { display: false },
            tooltip: {
              callbacks: {
                title: ([item]) => rows[item.dataIndex].title,
                label: ({ dataIndex: i }) =>
                  rows[i].kind === 'quoted'
                    ? `${short(rows[i].median)} (quoted)`
                    : `${short(rows[i].median)} (${short(rows[i].min)} to ${short(rows[i].max)})`,
              },
              filter: (item) => item.datasetIndex === 1,
            },
          },
          scales: {
            x: {
              type: wide ? 'logarithmic' : 'linear',
              beginAtZero: !wide,
              ...(wide ? { min: floor } : {}),
              title: { display: true, text: wide ? `${title}, logarithmic` : title, color: colour('soft') },
              grid,
              ticks,
            },
            y: { grid: { display: false }, ticks: { color: colour('ink'), autoSkip: false } },
          },
        },
      }),
    )
  }

  const canvases = [...document.querySelectorAll('canvas')]
  /* Only what is seen is drawn: a report has dozens of charts. */
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting || drawn.has(target)) continue
        draw(target)
      }
    },
    { rootMargin: '400px' },
  )
  for (const canvas of canvases) watcher.observe(canvas.parentElement.firstElementChild)
  dark.addEventListener('change', () => [...drawn.keys()].forEach(draw))
  addEventListener('beforeprint', () => canvases.forEach(draw))

  for (const select of document.querySelectorAll('select')) {
    select.addEventListener('change', () => {
      const article = select.closest('article')
      const canvas = article.querySelector('canvas')
      canvas.dataset.point = select.value
      draw(canvas)
      article.querySelectorAll('details').forEach((details, i) => (details.open = i === Number(select.value)))
    })
  }
}
