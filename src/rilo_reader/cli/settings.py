"""`settings`: open the settings file in the editor."""

from __future__ import annotations

from rilo_reader import config
from rilo_reader.cli.libraries import editing
from rilo_reader.cli.output import errors, output
from rilo_reader.cli.reader import stream_that_is_no_terminal
from rilo_reader.cli.verb import Verb, flag
from rilo_reader.editor import editor_command, run_editor
from rilo_reader.paths import user_paths


class SettingsVerb(Verb):
    """Open the settings in your editor."""

    library_help = "has no effect: all libraries have the same settings"
    about = """
Open settings.toml in your editor ($VISUAL or $EDITOR). If there is none yet, it
is created with every setting, its explanation and its default. Mistakes in it
are reported when you close the editor.
"""
    examples = ("rilo-reader settings", "rilo-reader settings --path")
    exit_codes = "0 done; 1 the editor failed, or something in the file is wrong; 2 wrong usage."

    path: bool = flag("--path", "print the path of the file, as happens without a terminal")

    def run(self) -> int:
        """Have the user edit the settings, and report what is wrong with them then."""
        file = user_paths().settings_file
        if self.path or stream_that_is_no_terminal():
            output().line(str(file))
            return 0
        editor = editor_command()
        with editing(file):
            config.write_template(file)
        if problem := run_editor([*editor, str(file)]):
            errors().complain(problem)
            return 1
        problems = config.load(file)[1]
        for each in problems:
            errors().complain(each.sentence)
        return 1 if problems else 0
