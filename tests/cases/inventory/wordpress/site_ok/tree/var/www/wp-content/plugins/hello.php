<?php
# Plugin Name: Hello
# Version: 1.7.2
