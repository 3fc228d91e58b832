"""Licence files are told by their own words, and what is not sure is not concluded."""

from __future__ import annotations

import pytest

from custody.inventory.licence_notices import concluded, read_notice
from custody.inventory.squash import tree_of
from custody.model import Location, Package, Purl

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files. The above copyright notice and
this permission notice shall be included in all copies."""
BSD = """Redistribution and use in source and binary forms, with or without modification,
are permitted provided that: * Redistributions in binary form must reproduce the above notice."""
NO_NAMES = "* Neither the name of Example nor the names of its contributors may be used to endorse products."


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        (MIT, "MIT"),
        ("// " + MIT.replace("\n", "\n// ").replace("// of", "of"), "MIT"),
        (MIT + " Except as contained in this notice, the name of Example shall not be used.", None),
        (BSD, "BSD-2-Clause"),
        (BSD + NO_NAMES, "BSD-3-Clause"),
        ("Apache License\n  Version 2.0, January 2004\n", "Apache-2.0"),
        (MIT + "\nLicensed under the Apache License, Version 2.0 (the License)", "Apache-2.0 AND MIT"),
        ("Mozilla Public License Version 2.0\n====\n\n1. Definitions", "MPL-2.0"),
        ("SPDX-License-Identifier: ISC\n" + BSD, "ISC"),
        ("SPDX-License-Identifier: Nobodys-1.0\n", None),
        ("GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007", None),
        ("All rights reserved.", None),
        ("", None),
    ],
)
def test_a_licence_is_told_by_its_own_sentences(text: str, licence: str | None) -> None:
    assert read_notice(text.encode()) == licence


def test_the_first_folder_with_a_licence_counts() -> None:
    package = Package(purl=Purl("golang", "x"), name="x", locations=(Location(path="go.mod", cataloger=""),))
    tree = tree_of(
        {
            "a/LICENSE": b"nothing known",
            "b/LICENSE-MIT": MIT.encode(),
            "b/LICENSE-APACHE": b"Apache License Version 2.0, January 2004",
            "c/LICENSE": BSD.encode(),
        }
    )
    found = concluded(package, ("none", "a", "b", "c"), tree)
    assert found.licence_concluded == "Apache-2.0 OR MIT"
    assert found.licence_files == ("b/LICENSE-APACHE", "b/LICENSE-MIT")
    assert concluded(package, ("a",), tree) == package
