"""The explorer: theory's numbers on a grid, the widget that shows them, and the widget's script."""

from onestep.book.explorer.grid import grid
from onestep.book.explorer.widget import PLOTLY, Explorer, as_html, with_plotly

__all__ = ["PLOTLY", "Explorer", "as_html", "grid", "with_plotly"]
