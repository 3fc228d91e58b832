<?php
// Plugin Name: Must
