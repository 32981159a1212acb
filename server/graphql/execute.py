"""A GraphQL executor without a schema.

Tables give the resolvers of root fields. A resolver returns a mapping for each object; its entries are
values, or functions of the field's arguments. An unknown root field gives a GraphQL error, because null would
crash the client. Any other unknown field gives null, so that newer clients keep working.
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
    """A request cannot be answered; the message is sent to the client."""


# A fragment on one of these abstract types applies to objects of every `__typename`.
_ABSTRACT = frozenset({"ArtifactCollection", "Node", "ArtifactCollectionInfo"})


def input_of(arguments: Arguments) -> dict[str, Any]:
    """Input object of a mutation.

    Raises:
        QueryError: If the mutation has none.
    """
    inputs = arguments.get("input")
    if not isinstance(inputs, dict):
        raise QueryError("input is missing")
    return inputs


@lru_cache(maxsize=512)
def _parse(query: str) -> ast.DocumentNode:
    return graphql.parse(query)


class Executor:
    """Answers GraphQL requests, with one table of resolvers for queries and one for mutations."""

    def __init__(self, queries: Mapping[str, Resolver], mutations: Mapping[str, Resolver]) -> None:
        """Use these resolvers of root fields, by name of the field."""
        self._roots = {
            ast.OperationType.QUERY: ("Query", queries),
            ast.OperationType.MUTATION: ("Mutation", mutations),
        }

    def answer(
        self, context: Any, query: str, variables: Mapping[str, Any], name: str | None
    ) -> dict[str, Any]:
        """Body of the response to one request.

        Args:
            context: Passed to every root resolver.
            query: The GraphQL document.
            variables: Variables of the request.
            name: Name of the operation to run, if the document has several.
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
                value = resolver(context, selection.arguments(field))
                data[key] = selection.complete(value, field)
        except (QueryError, graphql.GraphQLSyntaxError) as error:
            return {"data": None, "errors": [{"message": str(getattr(error, "message", error))}]}
        except (KeyError, TypeError, ValueError) as error:
            # The request has an unexpected form. After an HTTP 500, clients would repeat it for days.
            logger.exception("cannot answer %s", query)
            return {"data": None, "errors": [{"message": f"cannot answer this request: {error!r}"}]}
        return {"data": data}


def _operation(document: ast.DocumentNode, name: str | None) -> ast.OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, ast.OperationDefinitionNode)]
    if name:
        operations = [o for o in operations if o.name is not None and o.name.value == name]
    if not operations:
        raise QueryError("the document has no such operation")
    return operations[0]


def _variables(operation: ast.OperationDefinitionNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name in variables:
            values[name] = variables[name]
        elif definition.default_value is not None:
            values[name] = graphql.value_from_ast_untyped(definition.default_value)
    return values


class _Selection:
    """Resolves the selection sets of one request, with its variables and fragments."""

    def __init__(self, variables: dict[str, Any], fragments: dict[str, ast.FragmentDefinitionNode]) -> None:
        self.variables = variables
        self.fragments = fragments

    def arguments(self, field: ast.FieldNode) -> Arguments:
        """Arguments of a field, without those whose variable is not set in the request."""
        values: Arguments = {}
        for argument in field.arguments or ():
            if (
                isinstance(argument.value, ast.VariableNode)
                and argument.value.name.value not in self.variables
            ):
                continue
            values[argument.name.value] = graphql.value_from_ast_untyped(argument.value, self.variables)
        return values

    def fields(self, selection_set: ast.SelectionSetNode, type_name: str | None) -> dict[str, ast.FieldNode]:
        """Selected fields, by key in the response; fragments are expanded and directives applied."""
        selected: dict[str, ast.FieldNode] = {}
        for node in selection_set.selections:
            if not self._included(node):
                continue
            if isinstance(node, ast.FieldNode):
                self._merge(selected, node)
                continue
            fragment: ast.FragmentDefinitionNode | ast.InlineFragmentNode
            if isinstance(node, ast.FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
            else:
                assert isinstance(node, ast.InlineFragmentNode)
                fragment = node
            condition = fragment.type_condition.name.value if fragment.type_condition else None
            if condition is None or type_name is None or condition == type_name or condition in _ABSTRACT:
                for field in self.fields(fragment.selection_set, type_name).values():
                    self._merge(selected, field)
        return selected

    def complete(self, value: Any, field: ast.FieldNode) -> Any:
        """Resolved value, reduced to the fields that are selected."""
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
    def _merge(selected: dict[str, ast.FieldNode], field: ast.FieldNode) -> None:
        """Add a field to the selected ones; an object that is selected twice gets both selections."""
        key = field.alias.value if field.alias else field.name.value
        earlier = selected.get(key)
        if earlier is None or earlier.selection_set is None or field.selection_set is None:
            selected[key] = field
            return
        both = (*earlier.selection_set.selections, *field.selection_set.selections)
        selected[key] = ast.FieldNode(
            name=field.name,
            alias=field.alias,
            arguments=field.arguments,
            directives=field.directives,
            selection_set=ast.SelectionSetNode(selections=both),
        )
