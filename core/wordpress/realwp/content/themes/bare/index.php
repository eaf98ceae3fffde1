<!DOCTYPE html><html><head><?php wp_head(); ?></head>
<body><?php bloginfo( 'name' ); wp_footer(); ?></body></html>
