"""English and French: the words of the application in the language of the person who reads them.

The sources speak English; `fr/*.po` is the gettext catalogue of the rest. A text in the code is the key of
its translation, figures are its placeholders: `say("{count} trials", count=6)`.
"""

from gil_tui.language.speech import LANGUAGES, Language, language_called, language_for

__all__ = ["LANGUAGES", "Language", "language_called", "language_for"]
