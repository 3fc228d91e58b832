<?php
class Helper {}
