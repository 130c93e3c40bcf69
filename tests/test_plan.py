"""Which recordings are meant, what their outputs are called, and every clash before any work."""

import os
import sys
from pathlib import Path, PurePath

import pytest

from processor.errors import AudioFileError
from processor.finding import Found, Patterns, find_recordings
from processor.naming import Shard, name_from
from processor.plan import plan_batch, plan_found, settle_existing


@pytest.fixture
def tree(tmp_path):
    """Files with names that are hard to handle, in folders that are; nothing in them is read."""
    root = tmp_path / "in"
    for name in (
        "take 1.wav",
        "Take 2.WAV",
        "ü/a\u0308 b.flac",
        "日/x.wav",
        "outtakes/no.wav",
        "日/deep/outtakes/no.wav",
    ):
        put(root / name)
    return root


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def found(root, **options):
    return [each.relative.as_posix() for each in find_recordings([root], recursive=True, **options)]


def names(jobs, out):
    return [job.destination.relative_to(out).as_posix() for job in jobs]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("take*", "day 1/Take 3.wav", True),
        ("take*", "take/x.wav", False),
        ("*.WAV", "a/b.wav", True),
        ("day 1/*", "day 1/a.wav", True),
        ("day 1/*", "day 1/b/a.wav", False),
        ("day 1/**", "day 1/b/a.wav", True),
        ("**/b/*.wav", "b/a.wav", True),
        ("**/b/*.wav", "x/y/b/a.wav", True),
        ("[ab].wav", "x/b.wav", True),
        ("[!ab].wav", "x/b.wav", False),
        ("[ab.wav", "x/[ab.wav", True),
        ("ä.wav", "a\u0308.wav", True),
        ("a?c.wav", "ab/c.wav", False),
    ],
)
def test_a_pattern_without_a_slash_is_a_name_and_one_with_it_a_path(pattern, path, fits):
    assert Patterns(include=[pattern]).want(PurePath(path)) is fits
    assert Patterns(exclude=[pattern]).want(PurePath(path)) is not fits


def test_excluded_folders_are_not_even_looked_into(tree):
    assert found(tree, exclude=["outtakes"]) == [
        *("Take 2.WAV", "take 1.wav"),
        *("ü/a\u0308 b.flac", "日/x.wav"),
    ]


def test_only_included_files_are_found_in_all_folders(tree):
    assert found(tree, include=["x.*", "take*"]) == ["Take 2.WAV", "take 1.wav", "日/x.wav"]


@pytest.mark.parametrize("link", ["again", "日/up"])
def test_links_that_go_round_in_circles_are_not_followed(tree, link):
    before = found(tree)
    (tree / link).symlink_to(tree, target_is_directory=True)
    assert found(tree) == before
    (tree / "self.wav").symlink_to(tree / "self.wav")
    jobs = plan_batch([tree], tree.parent / "out", recursive=True)
    assert len(jobs) == len(before) + 1  # it cannot be read, which its turn will tell


def test_files_and_folders_may_be_given_together_and_keep_their_order(tree, tmp_path):
    single = put(tmp_path / "z.wav")
    jobs = plan_batch([single, tree], tmp_path / "out")
    assert names(jobs, tmp_path / "out") == ["z.wav", "Take 2.WAV", "take 1.wav"]


def test_names_are_made_from_a_template(tree, tmp_path):
    jobs = plan_batch(
        [tree],
        tmp_path / "out",
        recursive=True,
        include=["x.wav", "take*"],
        name="{index:03}_{root}_{parent}_{stem}_dry{suffix}",
        suffix=".flac",
        removed_dir=tmp_path / "room",
    )
    assert names(jobs, tmp_path / "out") == [
        "001_in_in_Take 2_dry.flac",
        "002_in_in_take 1_dry.flac",
        "日/003_in_日_x_dry.flac",
    ]
    assert jobs[2].removed_to == tmp_path / "room" / "日" / "003_in_日_x_dry_room.flac"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{stem", "expected '}'"),
        ("{steam}{suffix}", "no field {steam}"),
        ("{stem.__class__}{suffix}", "no field {stem.__class__}"),
        ("{}{suffix}", "no field {}"),
        ("{index:{stem}}", "{index"),
        ("{parent}/{stem}{suffix}", "slash"),
        ("{stem:d}{suffix}", "Cannot read the name"),
        ("", "empty"),
        ("{stem}", "without an ending"),
        ("{stem}.txt", "'.txt' is not one of"),
        ("x" * 300 + "{suffix}", "longer than 255 bytes"),
        ("{stem}" + "ü" * 130 + "{suffix}", "longer than 255 bytes"),
    ],
)
def test_a_template_that_makes_no_names_is_refused_before_any_work(tree, template, said):
    with pytest.raises(AudioFileError) as refused:
        plan_batch([tree], tree.parent / "out", name=template)
    assert said in str(refused.value)
    assert not (tree.parent / "out").exists()


def test_a_template_that_gives_two_files_one_name_is_refused(tree):
    with pytest.raises(AudioFileError, match="twice"):
        plan_batch([tree], tree.parent / "out", name="one{suffix}", suffix=".wav")


def test_two_spellings_of_one_name_clash_only_where_the_file_system_says_so(tmp_path):
    both = [put(tmp_path / "1" / "a.wav"), put(tmp_path / "2" / "A.wav")]
    assert len(plan_batch(both, tmp_path / "out")) == 2 or sys.platform in ("win32", "darwin")


def test_a_change_of_format_that_makes_two_files_one_is_refused(tmp_path):
    both = [put(tmp_path / "in" / "a.wav"), put(tmp_path / "in" / "a.flac")]
    with pytest.raises(AudioFileError, match="twice"):
        plan_batch(both, tmp_path / "out", suffix=".ogg")
    jobs = plan_batch(both, tmp_path / "out", suffix=".ogg", existing="number")
    assert names(jobs, tmp_path / "out") == ["a.ogg", "a-2.ogg"]


def test_an_output_that_is_the_folder_of_another_is_refused(tmp_path):
    source = put(tmp_path / "a.wav")
    recordings = [
        Found(source, PurePath("a.wav"), output=PurePath("x.wav")),
        Found(source, PurePath("a.wav"), output=PurePath("x.wav/y.wav")),
    ]
    with pytest.raises(AudioFileError, match=r"x\.wav'"):
        plan_found(recordings, tmp_path / "out")


def test_outputs_that_exist_get_numbers_that_are_free(tmp_path):
    source = put(tmp_path / "in" / "a.wav")
    for name in ("a.wav", "a-2.wav"):
        put(tmp_path / "out" / name)
    put(tmp_path / "room" / "a_room-3.wav")
    [job] = plan_batch([source], tmp_path / "out", existing="number", removed_dir=tmp_path / "room")
    assert job.destination.name == "a-4.wav"
    assert job.removed_to.name == "a_room-4.wav"


def test_what_an_earlier_run_made_is_no_clash(tmp_path):
    source, output = put(tmp_path / "in" / "a.wav"), put(tmp_path / "out" / "a.wav")
    jobs = plan_found([Found(source, PurePath("a.wav"))], tmp_path / "out")
    for policy in ("refuse", "skip", "overwrite", "number"):
        assert settle_existing(jobs, policy, ours={output}) == jobs
    with pytest.raises(AudioFileError, match="exists"):
        settle_existing(jobs, "refuse")


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_every_file_belongs_to_exactly_one_shard(tmp_path, count):
    recordings = [Found(Path(f"{n}.wav"), PurePath(f"d/{n}.wav")) for n in range(50)]
    parts = [
        plan_found(recordings, tmp_path, shard=Shard(number, count))
        for number in range(1, count + 1)
    ]
    together = [job for part in parts for job in part]
    assert sorted(map(str, together)) == sorted(map(str, plan_found(recordings, tmp_path)))


def test_a_shard_is_the_same_on_every_machine_and_for_ever(tmp_path):
    held = [n for n in range(20) if Shard(3, 4).holds(PurePath(f"speaker ü/{n}.wav"))]
    assert held == [3, 6, 9, 14]
    spelt = [n for n in range(20) if Shard(3, 4).holds(PurePath(f"speaker u\u0308/{n}.wav"))]
    assert spelt == held


def test_a_clash_is_found_in_any_shard(tmp_path):
    recordings = [Found(Path(f"{n}/a.wav"), PurePath("a.wav")) for n in range(2)]
    for number in (1, 2):
        with pytest.raises(AudioFileError, match="twice"):
            plan_found(recordings, tmp_path, shard=Shard(number, 2))


@pytest.mark.parametrize("text", ["0/4", "5/4", "3", "3/0", "-1/4", "a/b", "1/4/2", ""])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(ValueError, match="like 3/16"):
        Shard.from_text(text)


def test_names_that_are_no_text_are_kept(tmp_path):
    if os.name != "posix":
        pytest.skip("file names are text here")
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/caf\xe9.wav"))
    try:
        put(path)
    except OSError:
        pytest.skip("this file system takes text only")
    [job] = plan_batch([tmp_path / "in"], tmp_path / "out")
    assert os.fsencode(job.destination.name) == b"caf\xe9.wav"
    assert Shard(1, 1).holds(PurePath(path.name))


def test_the_longest_name_that_fits_is_taken():
    source = PurePath("/x") / ("a" * 251 + ".wav")
    assert name_from("{stem}{suffix}", source, ".wav", root="", index=1) == source.name
    with pytest.raises(AudioFileError, match="255"):
        name_from("{stem}_dry{suffix}", source, ".wav", root="", index=1)
