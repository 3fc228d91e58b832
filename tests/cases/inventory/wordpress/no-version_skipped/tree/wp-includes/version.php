<?php
$wp_version = getenv("V");
