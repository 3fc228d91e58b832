<?php
/**
 * Plugin Name: Shop
 * Plugin URI: https://shop.example/
 * Description: Sells
 * Version: 8.3.1
 * Author: <a href="https://team.example">Shop Team</a>
 * Author URI: https://team.example
 * License: GPL v2 or later
 * Requires Plugins: pay, hello, absent
 */
define('X', 'Version: 9');
