<?php return array('root' => array('name' => 'chat/web', 'pretty_version' => getenv('V')), 'versions' => array());
