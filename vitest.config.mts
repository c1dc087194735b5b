import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'jsdom',
    include: ['js/test/**/*.test.ts'],
    setupFiles: ['js/test/setup.ts'],
    pool: 'forks',
    poolOptions: { forks: { singleFork: true } }
  }
});
