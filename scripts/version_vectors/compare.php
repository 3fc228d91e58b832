<?php
// Packagist: composer/semver. The lines are as in compare.mjs. Arguments: the autoload.php of composer/semver, its version.
// A branch with a name is compared with nothing: "?".
require $argv[1];
echo "composer/semver $argv[2] on PHP ", PHP_VERSION, "\n";
$parser = new Composer\Semver\VersionParser();
while (($line = fgets(STDIN)) !== false) {
    [$a, $b] = explode(' ', trim($line));
    try {
        $branch = strpos($parser->normalize($a), 'dev-') === 0 || strpos($parser->normalize($b), 'dev-') === 0;
        $x = $parser->normalize($a);
        $y = $parser->normalize($b);
        if ($branch) echo "?\n";
        elseif (Composer\Semver\Comparator::lessThan($x, $y)) echo "<\n";
        elseif (Composer\Semver\Comparator::greaterThan($x, $y)) echo ">\n";
        else echo "=\n";
    } catch (UnexpectedValueException $e) {
        echo "?\n";
    }
}
