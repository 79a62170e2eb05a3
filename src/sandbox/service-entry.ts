// Where a sandbox starts Stepwise: it ends with the process that started it, however that one ended. A service that outlived its
// world would hold the queue of the next one.
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();
await import('../main.ts');
