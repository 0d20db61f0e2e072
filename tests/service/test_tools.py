from __future__ import annotations

import os
from textwrap import dedent

import pytest

from jobs_ext.model.errors import NotFound

COUNT = """
    name = "count"
    version = "1.0"
    command = ["wc", "{lines_only}", "{text}"]

    [inputs.text]

    [parameters.lines_only]
    type = "boolean"
    default = false
    flag = "-l"
"""


@pytest.fixture
def write(tmp_path):
    folder = tmp_path / "tools"
    folder.mkdir()

    def write_(name, text):
        (folder / name).write_text(dedent(text).lstrip())
        return folder / name

    return write_


def problem(service, who):
    (found,) = service.tools.problems(who)
    return found


def test_a_tool_is_found_by_name_and_by_id(write, service, who):
    write("count.toml", COUNT)
    assert (
        service.tools.get(who, "count").id == service.tools.get(who, "count-1.0").id == "count-1.0"
    )
    assert "count-1.0" in [tool.id for tool in service.tools.list(who)]


def test_a_bare_name_means_the_newest_version(write, service, who):
    for version in ("1.9", "1.10", "1.10rc1"):
        write(f"{version}.toml", COUNT.replace("1.0", version))
    assert service.tools.get(who, "count").version == "1.10"
    listed = [tool.version for tool in service.tools.list(who) if tool.name == "count"]
    assert listed == ["1.10", "1.10rc1", "1.9"]


def test_an_unknown_tool_names_the_nearest(write, service, who):
    write("count.toml", COUNT)
    with pytest.raises(NotFound, match="Did you mean 'count'"):
        service.tools.get(who, "cuont")


def test_a_tool_whose_file_is_wrong_says_where_instead_of_being_unknown(write, service, who):
    file = write("count.toml", COUNT.replace("default", "defaut"))
    with pytest.raises(
        NotFound, match=r"There is no field parameters\.lines_only\.defaut"
    ) as caught:
        service.tools.get(who, "count")
    assert f"Mend {file}, line 9" in caught.value.hint


def test_a_change_is_seen(write, service, who):
    path = write("count.toml", COUNT)
    assert service.tools.get(who, "count").title == ""
    write("count.toml", 'title = "Count"\n' + dedent(COUNT))
    assert service.tools.get(who, "count").title == "Count"
    path.unlink()
    with pytest.raises(NotFound):
        service.tools.get(who, "count")


WRONG = [
    ("titel = 'x'", "titel", 5),
    ("[parameters.k]\ntype = 'integer'\nminimun = 1", "minimun", 14),
    ("[parameters.k]\ntype = 'integer'\ndefault = 'a'", "default", 14),
    ("[parameters.k]\ntype = 'whole'", "type", 13),
    ("[parameters.text]\ntype = 'string'", "both an input and a parameter", 12),
    ("[outputs.o]\npath = '/etc/passwd'", "job's folder", 13),
    ("[outputs.o]\npath = '../x'", "job's folder", 13),
    ("[resources]\nmemory = 'lots'", "a size such as", 12),
    ("executor = 'moon'", "moon", 5),
]


@pytest.mark.parametrize(("extra", "words", "line"), WRONG)
def test_what_makes_no_sense_is_shown_with_its_line(write, service, who, extra, words, line):
    text = dedent(COUNT).strip() + "\n\n"
    if not extra.startswith("["):
        head, rest = text.split("\n\n", 1)
        text = f"{head}\n\n{extra}\n{rest}"
    path = write("count.toml", text + (extra if extra.startswith("[") else ""))
    found = problem(service, who)
    assert found.file == str(path)
    assert words in found.message
    assert found.line == line


def test_broken_toml_is_shown_with_its_line(write, service, who):
    write("bad.toml", 'name = "a"\ncommand = [\n"x"')
    assert problem(service, who).line == 3


def test_a_place_for_nothing_is_refused(write, service, who):
    write("count.toml", COUNT.replace("{text}", "{txet}"))
    found = problem(service, who)
    assert "Did you mean 'text'" in found.message
    assert found.line == 3


def test_a_place_inside_an_argument_is_refused_with_the_way_to_write_it(write, service, who):
    write("count.toml", COUNT.replace('"{text}"', '"--file={text}"'))
    assert "spacing = false" in problem(service, who).message


def test_a_tool_described_twice_is_told(write, service, who):
    write("a.toml", COUNT)
    write("b.toml", COUNT)
    assert "already described" in problem(service, who).message


def test_parameters_that_change_how_programs_load_do_not_pass_by_environment(write, service, who):
    text = COUNT.replace("lines_only", "LD_PRELOAD").replace(
        'version = "1.0"', 'pass_as = "environment"'
    )
    write("count.toml", text)
    assert "LD_PRELOAD" in problem(service, who).message


@pytest.mark.timeout(20)
def test_a_line_as_long_as_one_likes_is_looked_at_once(write, service, who):
    write("count.toml", 'titel = """\n[' + " \t" * 50_000 + '\n"""\n' + COUNT)
    assert problem(service, who).line == 1


def test_a_file_that_can_not_be_read_is_told(write, service, who):
    path = write("count.toml", "")
    path.write_bytes(b"\xff\xfe")
    assert "can't be read" in problem(service, who).message


def test_a_link_to_nowhere_is_told(write, service, who, tmp_path):
    (tmp_path / "tools" / "gone.toml").symlink_to(tmp_path / "nowhere")
    assert "can't be read" in problem(service, who).message
    os.unlink(tmp_path / "tools" / "gone.toml")  # noqa: PTH108
    assert service.tools.problems(who) == []


def test_a_folder_that_somebody_named_and_is_not_there_is_told(open_service, who, tmp_path):
    named = tmp_path / "more"
    service = open_service(tool_dirs=[tmp_path / "tools", named])
    told = problem(service, who)  # not of the first, which is the default
    assert (told.file, told.message) == (str(named), "there is no such folder")
    named.mkdir()
    assert service.tools.problems(who) == []
