<?php
/* Plugin Name: Good */