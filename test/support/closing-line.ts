import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run with one plain line, `N passed, N failed`, that people and machines read alike. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const line = closingLineOf(modules, unhandledErrors);
    // After the other reporters: theirs is written at the same event.
    process.on('exit', () => process.stdout.write(`${line}\n`));
  }
}

function closingLineOf(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): string {
  let passed = 0;
  // A file that could not be loaded, a hook that failed, an error that no test caught: failures that no test counts. Vitest calls the
  // tests behind a failed hook skipped.
  let failed = unhandledErrors.length;
  let skipped = 0;
  for (const module of modules) {
    if (module.errors().length > 0) failed++;
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) failed++;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed++;
      else if (state === 'failed') failed++;
      else skipped++;
    }
  }
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
