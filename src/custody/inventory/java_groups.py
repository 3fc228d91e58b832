"""Who publishes which Java libraries that do not say so themselves.

    known_group("spring-core", "6.1.1", ("org/springframework/core",))       # "org.springframework"

Maven writes a library's group id into its jar; Gradle, Ant, Bazel and sbt do not, and without it no advisory fits. Here
stands for such libraries what their publishers call them. A row counts where both the artifact's name fits and the
jar holds classes of the package that goes with it (or, where it holds none, names the vendor): a name alone proves
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

__all__ = ["known_group", "tomcat_artifact"]

_ROWS = """
org.springframework                 spring-(aop|aspects|beans|context(-indexer|-support)?|core(-test)?|expression|\
instrument|jcl|jdbc|jms|messaging|orm|oxm|r2dbc|test|tx|web|webflux|webmvc|websocket)  org/springframework|\
org/apache/commons
org.springframework.amqp            spring-(amqp|rabbit(-.*)?)                      org/springframework/amqp
org.springframework.batch           spring-batch-.*                                 org/springframework/batch
org.springframework.boot            spring-boot(-.*)?                               org/springframework/boot|\
spring.boot
org.springframework.graphql         spring-graphql(-.*)?                            org/springframework/graphql
org.springframework.integration     spring-integration-.*                           org/springframework/integration
org.springframework.kafka           spring-kafka(-test)?                            org/springframework/kafka
org.springframework.ldap            spring-ldap-.*                                  org/springframework/ldap
org.springframework.retry           spring-retry                                    org/springframework/retry
org.springframework.security        spring-security-(?!oauth2$|oauth$|jwt$|rsa$).*  org/springframework/security
org.springframework.session         spring-session-.*                               org/springframework/session
org.hibernate.orm                   hibernate-(core|envers|c3p0|jcache|spatial|hikaricp|agroal|graalvm|testing|\
micrometer|community-dialects|vector)@[6-9]  org/hibernate
org.hibernate                       hibernate-(core|envers|c3p0|jcache|spatial|hikaricp|agroal|entitymanager|ehcache|\
java8|osgi)@[45]  org/hibernate
org.hibernate.common                hibernate-commons-annotations@[4-9]             org/hibernate
org.jetbrains.kotlin                kotlin-(stdlib|reflect|test|compiler|script|daemon|scripting)(-.*)?  kotlin|\
JetBrains
org.jetbrains.kotlinx               kotlinx-.*                                      kotlinx
com.google.inject                   guice@[2-9]                                     com/google/inject
com.google.inject.extensions        guice-(?!bom$|parent$|no).*                     com/google/inject
com.squareup.okhttp3                okhttp(-(bom|brotli|coroutines|dnsoverhttps|jvm|sse|tls|urlconnection))?|\
logging-interceptor|mockwebserver3?  okhttp3|mockwebserver3
com.squareup.okhttp                 okhttp(-.*)?@[12]                               com/squareup/okhttp
com.squareup.okio                   okio(-jvm)?                                     okio
com.squareup.retrofit2              retrofit|converter-.*|adapter-.*                retrofit2
com.squareup.moshi                  moshi(-.*)?                                     com/squareup/moshi
org.apache.tomcat.embed             tomcat-embed-.*                                 org/apache/catalina|\
org/apache/tomcat|org/apache/el|org/apache/jasper|org/apache/coyote
org.apache.tomcat                   tomcat-(?!embed-).*                             org/apache|javax/servlet|\
jakarta/servlet|javax/el|jakarta/el|javax/websocket|jakarta/websocket|javax/annotation|jakarta/annotation|\
jakarta/security|javax/security
org.aspectj                         aspectj(weaver|rt|tools|matcher)                org/aspectj
org.checkerframework                checker(-qual|-util|-compat-qual)?|dataflow(-.*)?|javacutil  org/checkerframework
io.micrometer                       micrometer-(?!tracing).*                        io/micrometer
io.projectreactor                   reactor-(core|test|tools)                       reactor
io.projectreactor.addons            reactor-(pool|extra|adapter|pool-micrometer)    reactor
io.projectreactor.kafka             reactor-kafka                                   reactor/kafka
io.projectreactor.netty             reactor-netty(-.*)?@(1|0\\.[89])                reactor/netty
org.ow2.asm                         asm(-(analysis|commons|tree|util|xml|debug-all|all))?@[4-9]  org/objectweb/asm
org.bouncycastle                    bc[a-z]+(-ext)?-(jdk[0-9a-z]+|fips|lts8on)      org/bouncycastle
org.postgresql                      postgresql                                      org/postgresql
com.mysql                           mysql-connector-j                               com/mysql
mysql                               mysql-connector-java                            com/mysql
com.h2database                      h2(-mvstore)?                                   org/h2
org.hsqldb                          hsqldb|sqltool                                  org/hsqldb
org.apache.derby                    derby(client|net|tools|shared|optionaltools)?   org/apache/derby
com.oracle.database.jdbc            ojdbc(8|10|11|17)|ucp|rsi                       oracle/jdbc|oracle/ucp|oracle/rsi
org.apache.lucene                   lucene-.*                                       org/apache/lucene|\
org/tartarus/snowball
org.elasticsearch                   elasticsearch(-(?!rest|java$).*)?               org/elasticsearch
org.elasticsearch.client            elasticsearch-rest-.*                           org/elasticsearch/client
co.elastic.clients                  elasticsearch-java                              co/elastic/clients
org.opensearch                      opensearch(-(?!rest|java$).*)?                  org/opensearch
org.opensearch.client               opensearch-(rest-.*|java)                       org/opensearch/client
org.apache.kafka                    kafka(-.*|_2\\.1[0-9])?|connect-.*              org/apache/kafka|kafka
org.apache.groovy                   groovy(-.*)?@[4-9]                              groovy|org/codehaus/groovy|\
org/apache/groovy
org.codehaus.groovy                 groovy(-.*)?@[123]                              groovy|org/codehaus/groovy|\
org/apache/groovy
org.scala-lang                      scala-(library|reflect|compiler)|scala3-.*_3|tasty-core_3  scala|dotty
org.scala-lang.modules              scala-(xml|parser-combinators|java8-compat|collection-compat|\
parallel-collections|swing|async)_.*  scala
com.typesafe                        config                                          com/typesafe/config
com.typesafe.akka                   akka-.*_.*                                      akka
org.apache.pekko                    pekko-.*_.*                                     org/apache/pekko
javax.inject                        javax\\.inject                                  javax/inject
aopalliance                         aopalliance                                     org/aopalliance
net.java.dev.jna                    jna(-platform)?                                 com/sun/jna
com.github.ben-manes.caffeine       caffeine                                        com/github/benmanes
io.grpc                             grpc-.*                                         io/grpc
io.perfmark                         perfmark-.*                                     io/perfmark
io.opencensus                       opencensus-.*                                   io/opencensus
io.opentelemetry                    opentelemetry-(?!instrumentation|javaagent|spring|semconv|logback|\
log4j).*  io/opentelemetry
io.opentelemetry.instrumentation    opentelemetry-instrumentation-.*                io/opentelemetry/instrumentation
org.mozilla                         rhino(-.*)?                                     org/mozilla/javascript
xerces                              xercesImpl                                      org/apache/xerces
xalan                               xalan|serializer                                org/apache/xalan|org/apache/xml
xml-apis                            xml-apis(-ext)?                                 org/w3c/dom|javax/xml
javax.servlet                       servlet-api|javax\\.servlet-api|jstl            javax/servlet
dom4j                               dom4j@1                                         org/dom4j
org.dom4j                           dom4j@2                                         org/dom4j
org.jdom                            jdom2?                                          org/jdom|org/jdom2
junit                               junit                                           junit|org/junit
org.junit.jupiter                   junit-jupiter(-.*)?                             org/junit/jupiter|\
org.junit.jupiter
org.junit.platform                  junit-platform-.*                               org/junit/platform
org.junit.vintage                   junit-vintage-.*                                org/junit/vintage
org.opentest4j                      opentest4j                                      org/opentest4j
org.apiguardian                     apiguardian-api                                 org/apiguardian
org.hamcrest                        hamcrest(-(core|library|all))?                  org/hamcrest
org.mockito                         mockito-.*                                      org/mockito
com.jayway.jsonpath                 json-path(-assert)?                             com/jayway/jsonpath
net.sf.saxon                        Saxon-HE                                        net/sf/saxon
org.lz4                             lz4-(java|pure-java)                            net/jpountz
com.github.luben                    zstd-jni                                        com/github/luben
org.mongodb                         mongodb-driver-(?!kotlin).*|bson(-record-codec)?|mongo-java-driver|\
mongodb-crypt  com/mongodb|org/bson
com.auth0                           java-jwt|jwks-rsa|auth0                         com/auth0
io.reactivex                        rxjava@1                                        rx
io.reactivex.rxjava2                rxjava@2                                        io/reactivex
io.reactivex.rxjava3                rxjava@3                                        io/reactivex
org.reactivestreams                 reactive-streams(-.*)?                          org/reactivestreams
com.graphql-java                    graphql-java|java-dataloader                    graphql|org/dataloader
org.apache.ant                      ant(-.*)?                                       org/apache/tools/ant
org.apache.ivy                      ivy                                             org/apache/ivy
org.apache.solr                     solr-.*                                         org/apache/solr
org.apache.beam                     beam-.*                                         org/apache/beam
org.quartz-scheduler                quartz(-jobs)?@[2-9]                            org/quartz
antlr                               antlr@2                                         antlr
asm                                 asm(-.*)?@[123]                                 org/objectweb/asm
log4j                               log4j@1                                         org/apache/log4j
oro                                 oro                                             org/apache/oro
classworlds                         classworlds                                     org/codehaus/classworlds
org.objenesis                       objenesis(-.*)?                                 org/objenesis
org.tomlj                           tomlj                                           org/tomlj
javax.annotation                    jsr250-api                                      javax/annotation
org.eclipse.sisu                    org\\.eclipse\\.sisu\\.(inject|plexus)          org/eclipse/sisu
velocity                            velocity@1.[0-4]                                org/apache/velocity
org.apache.velocity                 velocity(-.*)?                                  org/apache/velocity
"""
"""Group id, pattern of the artifact id (after "@" one that the version starts with), evidence by "|".

Evidence is a Java package with slashes, or the start of a vendor, module or bundle name.
"""

_COMMONS = re.compile(
    r"commons-(beanutils|chain|cli|codec|collections|configuration|daemon|dbcp|digester|discovery|el|email|fileupload"
    r"|httpclient|io|jexl|jxpath|lang|logging|modeler|net|pool|validator)"
)
"""The Commons of the time before group ids had dots: group and artifact are the same."""

_TOMCAT = frozenset(
    [
        "annotations-api",
        "catalina",
        "catalina-ant",
        "catalina-ha",
        "catalina-ssi",
        "catalina-storeconfig",
        "catalina-tribes",
        "el-api",
        "jasper",
        "jasper-el",
        "jaspic-api",
        "jsp-api",
        "servlet-api",
        "websocket-api",
        "websocket-client-api",
    ]
)
"""Files of Tomcat's own `lib` folder that are published under a longer name."""


def known_group(artifact: str, version: str, roots: Sequence[str], names: Sequence[str] = ()) -> str:
    """Give the group id of a library, "" where it is not in the table or the jar does not bear it out.

    roots: the Java packages of its classes, as `Archive.roots`; names: vendor, module and bundle in its manifest.
    """
    if _COMMONS.fullmatch(artifact) and _holds(roots, ("org/apache/commons",)):
        return artifact
    words = (*roots, *(name.replace(".", "/") for name in names))
    for group, pattern, starts, evidence in _table():
        if pattern.fullmatch(artifact) and (starts is None or starts.match(version)) and _holds(words, evidence):
            return group
    return ""


def tomcat_artifact(stem: str) -> str:
    """Give the artifact id of a file of Tomcat's `lib` folder, named without version there: `catalina`."""
    if stem == "catalina-tribes":
        return "tomcat-tribes"
    return f"tomcat-{stem}" if stem in _TOMCAT else stem


def _holds(roots: Sequence[str], evidence: Sequence[str]) -> bool:
    return any(root == package or root.startswith(f"{package}/") for root in roots for package in evidence)


@cache
def _table() -> tuple[tuple[str, re.Pattern[str], re.Pattern[str] | None, tuple[str, ...]], ...]:
    rows = []
    for line in _ROWS.strip().splitlines():
        group, pattern, evidence = line.split()
        name, at, version = pattern.partition("@")
        # Packages are known three names deep.
        packages = tuple("/".join(item.split("/")[:3]) for item in evidence.replace(".", "/").split("|"))
        rows.append((group, re.compile(name), re.compile(version) if at else None, packages))
    return tuple(rows)
