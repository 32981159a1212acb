"""A GraphQL executor without a schema.

Root fields are looked up in tables. Below them, objects are mappings whose entries are values, or callables
that take the field's arguments. An unknown root field is a GraphQL error, because null would crash the
client's core; any other unknown field is null, so that newer clients keep working.
"""

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import graphql
from graphql.language import ast

logger = logging.getLogger(__name__)

Arguments = dict[str, Any]
Resolver = Callable[[Any, Arguments], Any]


class QueryError(Exception):
    """A request that cannot be answered; its text is sent to the client."""


# Abstract types: a fragment on one of them applies to objects of every `__typename`.
_ABSTRACT = frozenset({"ArtifactCollection", "Node", "ArtifactCollectionInfo"})


def input_of(arguments: Arguments) -> dict[str, Any]:
    """Input object of a mutation.

    Raises:
        QueryError: If the mutation has none.
    """
    given = arguments.get("input")
    if not isinstance(given, dict):
        raise QueryError("input is missing")
    return given


@lru_cache(maxsize=512)
def _parse(query: str) -> ast.DocumentNode:
    return graphql.parse(query)


class Executor:
    """Answers GraphQL requests with tables of root resolvers."""

    def __init__(self, queries: Mapping[str, Resolver], mutations: Mapping[str, Resolver]) -> None:
        """Use these resolvers of root fields, by field name."""
        self._roots = {
            ast.OperationType.QUERY: ("Query", queries),
            ast.OperationType.MUTATION: ("Mutation", mutations),
        }

    def answer(
        self, context: Any, query: str, variables: Mapping[str, Any], name: str | None
    ) -> dict[str, Any]:
        """Response body for one request.

        Args:
            context: Passed to every root resolver.
            query: The GraphQL document.
            variables: Variables of the request.
            name: Name of the operation to run, where the document holds several.
        """
        try:
            document = _parse(query)
            fragments = {
                d.name.value: d for d in document.definitions if isinstance(d, ast.FragmentDefinitionNode)
            }
            operation = _operation(document, name)
            values = _variables(operation, variables)
            selection = _Selection(values, fragments)
            type_name, resolvers = self._roots[operation.operation]
            data: dict[str, Any] = {}
            for key, field in selection.fields(operation.selection_set, type_name).items():
                field_name = field.name.value
                if field_name == "__typename":
                    data[key] = type_name
                    continue
                resolver = resolvers.get(field_name)
                if resolver is None:
                    raise QueryError(f'Cannot query field "{field_name}" on type "{type_name}".')
                found = resolver(context, selection.arguments(field))
                data[key] = selection.complete(found, field)
        except (QueryError, graphql.GraphQLSyntaxError) as error:
            return {"data": None, "errors": [{"message": str(getattr(error, "message", error))}]}
        except (KeyError, TypeError, ValueError) as error:
            # An unexpected form of request; clients would repeat it for days after an HTTP 500.
            logger.exception("cannot answer %s", query)
            return {"data": None, "errors": [{"message": f"cannot answer this request: {error!r}"}]}
        return {"data": data}


def _operation(document: ast.DocumentNode, name: str | None) -> ast.OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, ast.OperationDefinitionNode)]
    if name:
        operations = [o for o in operations if o.name is not None and o.name.value == name]
    if not operations:
        raise QueryError("the document holds no such operation")
    return operations[0]


def _variables(operation: ast.OperationDefinitionNode, given: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name in given:
            values[name] = given[name]
        elif definition.default_value is not None:
            values[name] = graphql.value_from_ast_untyped(definition.default_value)
    return values


class _Selection:
    """Resolves selection sets with the variables and fragments of one request."""

    def __init__(self, variables: dict[str, Any], fragments: dict[str, ast.FragmentDefinitionNode]) -> None:
        self.variables = variables
        self.fragments = fragments

    def arguments(self, field: ast.FieldNode) -> Arguments:
        """Arguments of a field, without those whose variable the request does not set."""
        found: Arguments = {}
        for argument in field.arguments or ():
            if (
                isinstance(argument.value, ast.VariableNode)
                and argument.value.name.value not in self.variables
            ):
                continue
            found[argument.name.value] = graphql.value_from_ast_untyped(argument.value, self.variables)
        return found

    def fields(self, selection_set: ast.SelectionSetNode, type_name: str | None) -> dict[str, ast.FieldNode]:
        """Selected fields by response key, with fragments expanded and directives applied."""
        found: dict[str, ast.FieldNode] = {}
        for node in selection_set.selections:
            if not self._included(node):
                continue
            if isinstance(node, ast.FieldNode):
                self._merge(found, node)
                continue
            fragment: ast.FragmentDefinitionNode | ast.InlineFragmentNode
            if isinstance(node, ast.FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
            else:
                assert isinstance(node, ast.InlineFragmentNode)
                fragment = node
            wanted = fragment.type_condition.name.value if fragment.type_condition else None
            if wanted is None or type_name is None or wanted == type_name or wanted in _ABSTRACT:
                for field in self.fields(fragment.selection_set, type_name).values():
                    self._merge(found, field)
        return found

    def complete(self, value: Any, field: ast.FieldNode) -> Any:
        """Resolved value, reduced to what the field selects."""
        if value is None or field.selection_set is None:
            return value
        if isinstance(value, list | tuple):
            return [self.complete(item, field) for item in value]
        if not isinstance(value, Mapping):
            return value
        answer: dict[str, Any] = {}
        type_name = value.get("__typename")
        for key, child in self.fields(field.selection_set, type_name).items():
            entry = value.get(child.name.value)
            if callable(entry):
                entry = entry(self.arguments(child))
            answer[key] = self.complete(entry, child)
        return answer

    def _included(self, node: ast.SelectionNode) -> bool:
        for directive in node.directives or ():
            condition = directive.arguments[0].value if directive.arguments else None
            if condition is None:
                continue
            value = graphql.value_from_ast_untyped(condition, self.variables)
            if (directive.name.value == "skip" and value) or (
                directive.name.value == "include" and not value
            ):
                return False
        return True

    @staticmethod
    def _merge(found: dict[str, ast.FieldNode], field: ast.FieldNode) -> None:
        """Add a field; an object that is selected twice gets both selections."""
        key = field.alias.value if field.alias else field.name.value
        earlier = found.get(key)
        if earlier is None or earlier.selection_set is None or field.selection_set is None:
            found[key] = field
            return
        both = (*earlier.selection_set.selections, *field.selection_set.selections)
        found[key] = ast.FieldNode(
            name=field.name,
            alias=field.alias,
            arguments=field.arguments,
            directives=field.directives,
            selection_set=ast.SelectionSetNode(selections=both),
        )
