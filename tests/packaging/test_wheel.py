"""What a user gets from the package index: the wheel, in an environment that holds nothing else."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.registry

ROOT = Path(__file__).resolve().parent.parent.parent

BASE = {"attrs", "httpx", "python-dateutil"}


def pip(python: Path | str, *arguments: str) -> str:
    done = subprocess.run(
        [str(python), "-m", "pip", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run(python: Path, code: str, cwd: Path) -> str:
    done = subprocess.run(
        [str(python), "-I", "-W", "error", "-c", code], capture_output=True, text=True, cwd=cwd, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(ROOT))
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the wheel and its declared dependencies, and nothing else."""
    here = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(here, with_pip=True)
    python = here / "bin" / "python"
    pip(python, "install", "--quiet", str(wheel))
    return python


def test_the_wheel_carries_its_packages_their_types_and_the_bundle(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    packages = {"tiktok_openapi", "tiktok_api_client", "tiktok_mock_server", "tiktok_mock_control"}
    for package in packages:
        assert f"{package}/__init__.py" in names
        assert f"{package}/py.typed" in names
    assert "tiktok_openapi/openapi.json" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == packages


def test_the_base_install_declares_three_dependencies(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    required = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    plain = {
        entry.split(";")[0].split(">")[0].split("<")[0].strip()
        for entry in required
        if "extra ==" not in entry
    }
    assert plain == BASE


def test_the_installed_wheel_imports_with_its_declared_dependencies_alone(
    installed: Path, tmp_path: Path
) -> None:
    here = run(
        installed,
        "import tiktok_openapi, tiktok_api_client\n"
        "from tiktok_api_client import TikTok, AsyncTikTok\n"
        "for name in tiktok_openapi.__all__: getattr(tiktok_openapi, name)\n"
        "for name in tiktok_api_client.__all__: getattr(tiktok_api_client, name)\n"
        "tik = TikTok('key', 'secret', 'http://127.0.0.1:8000/callback/')\n"
        "assert tik.get_authorization_url().startswith('https://www.tiktok.com/')\n"
        "print(tiktok_openapi.__file__)",
        tmp_path,
    )
    assert str(installed.parent.parent) in here


def test_the_mock_says_which_extra_it_needs(installed: Path, tmp_path: Path) -> None:
    command = installed.parent / "tiktok-mock"
    done = subprocess.run(
        [str(command), "serve", "--port", "0"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode != 0
    assert "tiktok-openapi[mock]" in done.stderr
    assert "Traceback" not in done.stderr
