// Preloaded into a program: writes its peak memory, in KiB, to the file that BENCH_PEAK names.
process.on('exit', () => {
  require('node:fs').writeFileSync(process.env.BENCH_PEAK, String(process.resourceUsage().maxRSS));
});
