<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28" styleCategories="Symbology|Labeling">
  <renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0" enableorderby="0">
    <rules key="root">
      <rule key="r0" symbol="0" label="0 – 0.2" filter="&quot;score&quot; &lt;= 0.2"/>
      <rule key="r1" symbol="1" label="0.2 – 0.4" filter="&quot;score&quot; &gt; 0.2 AND &quot;score&quot; &lt;= 0.4"/>
      <rule key="r2" symbol="2" label="0.4 – 0.6" filter="&quot;score&quot; &gt; 0.4 AND &quot;score&quot; &lt;= 0.6"/>
      <rule key="r3" symbol="3" label="0.6 – 0.8" filter="&quot;score&quot; &gt; 0.6 AND &quot;score&quot; &lt;= 0.8"/>
      <rule key="r4" symbol="4" label="0.8 – 1" filter="&quot;score&quot; &gt; 0.8"/>
      <rule key="r5" symbol="5" label="未排序 / not ranked" filter="&quot;score&quot; IS NULL"/>
    </rules>
    <symbols>
      <symbol type="fill" name="0" alpha="0.85"><layer class="SimpleFill"><prop k="color" v="253,231,37,255"/><prop k="outline_color" v="51,51,51,255"/><prop k="outline_width" v="0.3"/><prop k="style" v="solid"/></layer></symbol>
      <symbol type="fill" name="1" alpha="0.85"><layer class="SimpleFill"><prop k="color" v="143,215,68,255"/><prop k="outline_color" v="51,51,51,255"/><prop k="outline_width" v="0.3"/><prop k="style" v="solid"/></layer></symbol>
      <symbol type="fill" name="2" alpha="0.85"><layer class="SimpleFill"><prop k="color" v="53,183,121,255"/><prop k="outline_color" v="51,51,51,255"/><prop k="outline_width" v="0.3"/><prop k="style" v="solid"/></layer></symbol>
      <symbol type="fill" name="3" alpha="0.85"><layer class="SimpleFill"><prop k="color" v="49,104,142,255"/><prop k="outline_color" v="51,51,51,255"/><prop k="outline_width" v="0.3"/><prop k="style" v="solid"/></layer></symbol>
      <symbol type="fill" name="4" alpha="0.85"><layer class="SimpleFill"><prop k="color" v="68,1,84,255"/><prop k="outline_color" v="51,51,51,255"/><prop k="outline_width" v="0.3"/><prop k="style" v="solid"/></layer></symbol>
      <symbol type="fill" name="5" alpha="0.6"><layer class="SimpleFill"><prop k="color" v="120,120,120,255"/><prop k="outline_color" v="90,90,90,255"/><prop k="outline_width" v="0.3"/><prop k="style" v="b_diagonal"/></layer></symbol>
    </symbols>
  </renderer-v2>
</qgis>
