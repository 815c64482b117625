import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { FailureBoundary } from './failure/FailureBoundary';
import { watchForFailures } from './failure/note';
import './ui/style.css';
import { applyTheme, rememberedTheme } from './ui/theme';

watchForFailures();
applyTheme(rememberedTheme());

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <FailureBoundary>
        <App />
      </FailureBoundary>
    </StrictMode>,
  );
}
