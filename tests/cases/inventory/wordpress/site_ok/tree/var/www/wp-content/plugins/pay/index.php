<?php /* Plugin Name: Pay
Version: 1.0 */
