// Loaded before a program: writes its peak memory, in KiB, where BENCH_PEAK says.
process.on('exit', () => {
  require('node:fs').writeFileSync(process.env.BENCH_PEAK, String(process.resourceUsage().maxRSS));
});
