package oracle;

import java.util.Arrays;
import org.apache.flink.api.common.functions.AbstractRichFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.generated.GeneratedJoinCondition;
import org.apache.flink.table.runtime.generated.JoinCondition;
import org.apache.flink.table.runtime.operators.join.temporal.TemporalRowTimeJoinOperator;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.types.RowKind;

/**
 * SQL's left JOIN versions FOR SYSTEM_TIME AS OF left.time: the operator that runs it, without the planner. Its rows have their
 * time in a field, "g" of the elements. Records of the left side are never late: Flink joins late ones with what happens to be left.
 */
final class TemporalJoinKind implements Kind {
    private static final int KEY = 0;
    private static final int ID = 1;
    private static final int TIME = 2;
    private static final int FIELDS = 3;
    private static final InternalTypeInfo<RowData> ROW =
            InternalTypeInfo.ofFields(new VarCharType(VarCharType.MAX_LENGTH), new IntType(), new BigIntType());

    @Override
    public void generate(Dice d, ObjectNode spec, ArrayNode input) {
        spec.put("outer", d.chance(0.5));
        double deletions = d.pick(0.0, 0.2, 0.4);
        Timeline t = new Timeline(d);
        t.inputs = 2;
        t.keys = Math.max(1, t.keys - 1);
        t.clock = 0;
        t.watermarks = d.pick(0.15, 0.3, 0.45);
        t.draw(d, input);
        long[] watermarks = {Long.MIN_VALUE, Long.MIN_VALUE};
        for (JsonNode step : input) {
            int in = step.path("in").asInt();
            if (step.has("wm")) {
                watermarks[in] = Json.num(step.get("wm"));
            } else if (step.has("e")) {
                long reached = Arrays.stream(watermarks).min().getAsLong();
                long time = step.get("ts").asLong();
                if (in == 0 && time <= reached) {
                    time = reached + d.in(1, 4);
                }
                ((ObjectNode) step).put("ts", time);
                ObjectNode e = (ObjectNode) step.get("e");
                e.put("g", time);
                if (in == 1 && d.chance(deletions)) {
                    e.put("t", "D");
                }
            }
        }
    }

    @Override
    public void run(JsonNode spec, JsonNode input, Trace trace) throws Exception {
        Drive.run(
                () -> {
                    StreamExecutionEnvironment env = Drive.env();
                    TemporalRowTimeJoinOperator operator =
                            new TemporalRowTimeJoinOperator(ROW, ROW, new Always(), TIME, TIME, 0, 0, spec.get("outer").asBoolean());
                    return rows(env).connect(rows(env)).transform("temporalJoin", ROW, operator);
                },
                spec, input, trace, TemporalJoinKind::row);
    }

    private static KeyedStream<RowData, String> rows(StreamExecutionEnvironment env) {
        return env.fromData(Arrays.asList(row(new Ev(), 0)), ROW).keyBy(new KeyOf(), Types.STRING);
    }

    private static RowData row(Ev e, int in) {
        GenericRowData row = GenericRowData.of(StringData.fromString(e.k), e.id, e.g);
        row.setRowKind(e.t.equals("D") ? RowKind.DELETE : RowKind.INSERT);
        return row;
    }

    /** A joined row: the fields of the left one, then those of the version, which are null where there is none. */
    static ObjectNode json(RowData joined) {
        ObjectNode o = Json.obj().put("k", joined.getString(KEY).toString()).put("l", joined.getInt(ID));
        return joined.isNullAt(FIELDS + KEY) ? o.putNull("r") : o.put("r", joined.getInt(FIELDS + ID));
    }

    static final class KeyOf implements KeySelector<RowData, String> {
        @Override
        public String getKey(RowData row) {
            return row.getString(KEY).toString();
        }
    }

    /** The keys are equal, and nothing else is asked. */
    static final class Always extends GeneratedJoinCondition {
        Always() {
            super("", "", new Object[0], new Configuration());
        }

        @Override
        public JoinCondition newInstance(ClassLoader loader) {
            return new Yes();
        }
    }

    static final class Yes extends AbstractRichFunction implements JoinCondition {
        @Override
        public boolean apply(RowData left, RowData right) {
            return true;
        }
    }
}
