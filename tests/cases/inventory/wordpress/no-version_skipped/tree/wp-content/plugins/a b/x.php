<?php
/* Plugin Name: Odd */