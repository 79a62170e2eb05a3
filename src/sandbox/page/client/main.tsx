import '@fontsource-variable/inter/wght.css';
import 'slack-blocks-to-jsx/dist/style.css';
import './style/page.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
